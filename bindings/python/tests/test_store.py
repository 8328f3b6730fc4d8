"""LeannVectorStore beyond what every store does (contract.py): crashes, writers at once, housekeeping."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from libleann import LEANNDataError, LEANNNotFoundError, LEANNTemporaryError, _records
from libleann.store import LeannVectorStore

WRITER = """
import sys
from libleann.store import LeannVectorStore
s = LeannVectorStore(sys.argv[1])
for i in range(int(sys.argv[2]), 10000):
    if i % 4 == 3:
        s.delete([f"doc {i - 1}"])
    else:
        s.add([f"Number {i} of the stories about kings and queens."], [f"doc {i}"], [{"i": i}])
    print(i, flush=True)
"""


def after(n):
    """The ids that there are when the writer has done its first n steps."""
    ids = set()
    for i in range(n):
        ids = ids - {f"doc {i - 1}"} if i % 4 == 3 else ids | {f"doc {i}"}
    return ids


def unittest_model(cls):
    return unittest.skipUnless(os.environ.get("LEANN_TEST_MODEL", "1"), "the default model is not here")(cls)


@unittest_model
class Store(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.path = os.path.join(self.folder, "store")
        self.store = LeannVectorStore(self.path)

    def tearDown(self):
        self.store.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def manifest(self):
        with open(f"{self.path}/store.json", encoding="utf-8") as f:
            return json.load(f)

    def files(self):
        return sorted(os.listdir(self.path)), sorted(os.listdir(f"{self.path}/docs"))

    def test_a_writer_that_is_killed_leaves_what_its_last_call_made(self):
        chance, n = random.Random(5), 0
        for _ in range(6):
            with subprocess.Popen([sys.executable, "-c", WRITER, self.path, str(n)],
                                  stdout=subprocess.PIPE, text=True) as p:
                p.stdout.readline()
                time.sleep(chance.uniform(0, 0.3))
                p.send_signal(signal.SIGKILL)
                seen = [int(line) for line in p.stdout.read().split()]
            n = max([n + 1, *(i + 1 for i in seen)])
            ids = set(self.store.ids())
            if ids == after(n + 1):  # the step that was under way took place
                n += 1
            self.assertEqual(ids, after(n))
            self.assertEqual({m.id for m in self.store.query("a story about a queen", 100)}, ids)
        self.store.add("The last one.", "last")
        top, docs = self.files()
        m = self.manifest()
        self.assertEqual(top, sorted(["docs", "lock", "store.json", m["index"]]))
        self.assertEqual(docs, sorted(m["segments"]))

    def test_writers_at_once_take_turns_and_nothing_is_lost(self):
        def write(k):
            own = LeannVectorStore(self.path)
            for i in range(3):
                own.add(f"Text {i} of writer {k} about rivers.", f"{k}-{i}")
            own.close()

        threads = [threading.Thread(target=write, args=(k,)) for k in range(4)]
        for t in threads:
            t.start()
        while any(t.is_alive() for t in threads):  # a reader meanwhile
            self.assertLessEqual(len(self.store.query("rivers", 50)), 12)
        for t in threads:
            t.join()
        self.assertEqual(sorted(self.store.ids()), sorted(f"{k}-{i}" for k in range(4) for i in range(3)))
        self.assertEqual(len(self.store.query("rivers", 50)), 12)

    def test_a_writer_waits_for_another_only_so_long(self):
        from libleann._storefile import Writer

        with Writer(self.path, None, 1, None):
            with self.assertRaisesRegex(LEANNTemporaryError, "another writer"):
                LeannVectorStore(self.path, wait=0.1).add("x")

    def test_many_small_files_become_one_and_deleted_documents_leave(self):
        from libleann import _storefile

        most, _storefile.MERGE_FILES = _storefile.MERGE_FILES, 5
        try:
            for i in range(7):
                self.store.add(f"Chapter {i} is about mountains.", f"c{i}", {"i": i})
            self.assertLessEqual(len(self.manifest()["segments"]), 5)
            self.assertEqual(self.store.ids(), [f"c{i}" for i in range(7)])
            self.store.delete(["c0", "c1", "c2", "c3"])
            self.assertEqual(self.store.ids(), ["c4", "c5", "c6"])
            self.assertEqual({m.id for m in self.store.query("mountains", 9)}, {"c4", "c5", "c6"})
            self.store.add("Chapter 3 again, about the sea.", "c3")
            self.assertEqual(self.store.query("the sea", 1)[0].id, "c3")
            self.store.compact()
            self.assertEqual(self.store.ids(), ["c4", "c5", "c6", "c3"])
            self.assertEqual(len(self.store.query("anything", 9)), 4)
            self.assertEqual(sum(len(_records.read(f"{self.path}/docs/{f}")) for f in self.files()[1]), 4)
        finally:
            _storefile.MERGE_FILES = most

    def test_a_store_that_was_moved_or_copied_is_asked_and_written_where_it_is(self):
        self.store.add(["Bread rises.", "Ships sail."], ["bread", "ships"])
        other = os.path.join(self.folder, "copy")
        shutil.copytree(self.path, other)
        with LeannVectorStore(other) as copy:
            self.assertEqual(copy.query("boats", 1)[0].id, "ships")
            copy.add("Only in the copy: volcanoes.", "volcano")
            self.assertEqual(copy.query("lava", 1)[0].id, "volcano")
        self.assertEqual(self.store.ids(), ["bread", "ships"])
        shutil.rmtree(self.path)
        with LeannVectorStore(other) as copy:
            copy.add("And one more: glaciers.", "glacier")
            self.assertEqual({m.id for m in copy.query("nature", 9)}, {"bread", "ships", "volcano", "glacier"})

    def test_what_json_or_the_index_could_not_hold_is_refused_before_anything_is_written(self):
        for bad in ({"a": float("nan")}, {"a": 1 << 64}, {"a": {1: 2}}, {"a": "\0"}, {"a": object()}, {"a": "\ud800"}):
            with self.assertRaises(ValueError, msg=bad):
                self.store.add("text", "x", bad)
        deep = {}
        for _ in range(50):
            deep = {"a": deep}
        for text, id, meta in (("a\0b", "x", None), ("x", "i" * 2000, None), ("x", "x", deep),
                               ("y" * (9 << 20), "x", None)):
            with self.assertRaises(ValueError):
                self.store.add(text, id, meta)
        with self.assertRaises(LEANNNotFoundError):
            self.store.update("nothing", "x")
        self.assertEqual(self.store.count(), 0)

    def test_nested_metadata_and_any_text_come_back_verbatim(self):
        meta = {"Author Name": "X", "tags": ["a", "b"], "n": {"m": 1, "none": None}, "date": "2026-01-02", "big": 2**62}
        for i, text in enumerate(("line\nline\r\n\ttab \u2028 end", "  spaces  ", "", "{\"json\": true}")):
            self.store.add(text, str(i), meta)
            self.assertEqual((self.store.get(str(i))[0].text, self.store.get(str(i))[0].metadata), (text, meta))
        self.assertEqual([m.id for m in self.store.query("json", 9, {"tags": {"contains": "a"}})][:1], ["3"])
        self.assertEqual(self.store.count(), 4)

    def test_a_damaged_store_says_where(self):
        self.store.add(["One.", "Two."], ["a", "b"])
        name = next(iter(self.manifest()["segments"]))
        for file, text in (("store.json", "{"), ("store.json", '{"format": 9}'), (f"docs/{name}", "{}\n")):
            with tempfile.TemporaryDirectory() as d:
                shutil.copytree(self.path, f"{d}/s")
                with open(f"{d}/s/{file}", "w", encoding="utf-8") as f:
                    f.write(text)
                with self.assertRaisesRegex(LEANNDataError, os.path.basename(file)):
                    LeannVectorStore(f"{d}/s").count()
        with open(f"{self.path}/docs/{name}", "r+", encoding="utf-8") as f:
            text = f.read().replace("One", "Ten")
            f.seek(0)
            f.write(text)
        for where in None, {"$nin": [1]}:
            with self.assertRaisesRegex(LEANNDataError, "indexed"):
                LeannVectorStore(self.path).query("x", where=where and {"page": where})
        m = self.manifest()
        m["index"] = "../outside"
        with open(f"{self.path}/store.json", "w", encoding="utf-8") as f:
            json.dump(m, f)
        with self.assertRaisesRegex(LEANNDataError, "store.json"):
            LeannVectorStore(self.path).query("x")

    def test_there_has_to_be_a_store_where_none_is_to_be_made(self):
        with self.assertRaises(LEANNNotFoundError):
            LeannVectorStore(self.path, create=False)
        self.assertFalse(os.path.exists(self.path))

    def test_a_failed_add_leaves_the_store_as_it_was(self):
        self.store.add("Bread rises.", "bread")
        before = self.files()
        with LeannVectorStore(self.path, endpoint="ipc:///nowhere/at/all.sock", start=False, timeout=0.2) as s:
            os.environ["LEANN_BIN"] = f"{self.folder}/bin"
            os.mkdir(f"{self.folder}/bin")
            with open(f"{self.folder}/bin/leann-embed-client", "w", encoding="utf-8") as f:
                f.write("#!/bin/sh\necho 'leann-embed-client: no server' >&2\nexit 75\n")
            os.chmod(f"{self.folder}/bin/leann-embed-client", 0o755)
            try:
                with self.assertRaisesRegex(LEANNTemporaryError, "leann-embed-client: no server"):
                    s.add("Ships sail.", "ships")
            finally:
                del os.environ["LEANN_BIN"]
        self.assertEqual(self.store.ids(), ["bread"])
        self.assertEqual(self.store.query("bread", 5)[0].id, "bread")
        self.store.add("Ships sail.", "ships")
        self.assertEqual(len(self.files()[0]), len(before[0]))


class Lines(unittest.TestCase):
    def test_a_file_appears_whole_or_not_at_all(self):
        with tempfile.TemporaryDirectory() as d:
            def parts():
                yield b"half"
                raise RuntimeError("stop")
            with self.assertRaises(RuntimeError):
                _records.write_whole(f"{d}/f", parts())
            self.assertEqual(os.listdir(d), [])


if __name__ == "__main__":
    unittest.main()
