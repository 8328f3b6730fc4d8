"""LEANNIndex over a small index: LEANN_TEST_TREE is a folder of files, LEANN_TEST_INDEX its index."""

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from datetime import datetime

import libleann
from libleann import LEANNIndex, filters

TREE = os.environ.get("LEANN_TEST_TREE", "")
INDEX = os.environ.get("LEANN_TEST_INDEX", "")
BREAD = "how long does the dough rise?"


class Filters(unittest.TestCase):
    def test_a_dict_becomes_an_expression(self):
        for where, want in (
            ({"lang": "python"}, 'lang = "python"'),
            ({"page": {">": 5, "<=": 9.5}}, "(page > 5 and page <= 9.5)"),
            ({"a": 'x"\\'}, 'a = "x\\"\\\\"'),
            ({"a": True, "b": {"!=": True}}, "(a is true and b is false)"),
            ({"a": {"$ne": 1}}, "(not a = 1)"),
            ({"$or": [{"a": {"in": [1, "b"]}}, {"$not": {"c": {"contains": "d"}}}]},
             '(a in (1, "b") or (not c contains "d"))'),
            ({"date": {">=": datetime(2026, 1, 2)}}, "date >= 1767312000"),
        ):
            self.assertEqual(filters.expression(where), want)
        self.assertIsNone(filters.expression({}))
        self.assertIsNone(filters.expression(None))

    def test_what_is_no_filter_is_refused(self):
        for bad in ({"a": {"near": 1}}, {"a": {"in": "abc"}}, {"a": {"in": 5}}, {"A b": 1}, {"$or": []}, [1],
                    {"a": {}}, {"a": [1]}, {"a": {"in": []}}, {"$x": 1}, {"a": {">": True}}, {"a": object()}):
            with self.assertRaises(ValueError, msg=bad):
                filters.expression(bad)

    def test_a_dict_becomes_a_function_that_tells_kinds_apart(self):
        m = {"n": 3, "s": "three", "b": True, "l": ["a", "b"]}
        for where, want in (
            ({"n": 3}, 1), ({"n": 3.0}, 1), ({"n": "3"}, 0), ({"b": 1}, 0), ({"b": True}, 1), ({"n": {"<": "4"}}, 0),
            ({"n": {"$gte": 3, "$lt": 4}}, 1), ({"none": {"$ne": 1}}, 1), ({"none": {"!=": 1}}, 0),
            ({"none": {"$nin": [1]}}, 1), ({"s": {"starts_with": "th", "ends_with": "ee"}}, 1),
            ({"l": {"contains": "a"}}, 1), ({"l": {"in": ["b", "z"]}}, 1), ({"s": {"in": []}}, 0),
            ({"$and": [{"n": 3}, {"$or": [{"s": "x"}, {"b": {"is_true": 1}}]}]}, 1),
        ):
            self.assertEqual(filters.predicate(where)(m), bool(want), where)


@unittest.skipUnless(INDEX, "LEANN_TEST_INDEX names no index")
class Index(unittest.TestCase):
    def setUp(self):
        self.index = LEANNIndex.load(INDEX)

    def test_scores_of_one_model_compare(self):
        with LEANNIndex.load(INDEX) as other:
            self.assertTrue(self.index.comparable(other))

    def tearDown(self):
        self.index.close()

    def test_hits_are_those_of_leann_search_with_everything_it_says_of_them(self):
        import json

        for query, mode, args in (BREAD, "auto", []), ("parse_config", "dense", ["--dense"]):
            r = self.index.query(query, 3, mode)
            out = subprocess.run(["leann-search", "--json", "-k", "3", *args, INDEX, query], check=True,
                                 capture_output=True)
            want = json.loads(out.stdout)["items"]
            self.assertEqual(len(r.items), 3)
            for h, w in zip(r.items, want):
                self.assertEqual((h.item.path, *h.item.lines, h.item.chunk, h.item.language), (
                    w["item"]["path"], w["item"]["startLine"], w["item"]["endLine"], w["chunk"],
                    w["item"]["language"]))
                self.assertAlmostEqual(h.score, w["score"], places=5)
                self.assertIn(h.preview, h.item.text)
                self.assertEqual(h.item.metadata, w["item"].get("meta", {}))
            self.assertGreater(r.latency.total_ms, 0)
            self.assertEqual(r.query, query)
        self.assertIn("two hours", self.index.query(BREAD, 1)[0].preview)

    def test_many_questions_have_the_answers_of_each(self):
        asked = [BREAD, "send an electronic letter", "parse_config"] * 30
        got = self.index.batch_query(asked, top_k=2)
        self.assertEqual(len(got), 90)
        for q, r in list(zip(asked, got))[:3] + list(zip(asked, got))[-3:]:
            self.assertEqual([h.item.path for h in r], [h.item.path for h in self.index.query(q, 2)])
        self.assertEqual(self.index.batch_query([]), [])
        with self.assertRaises(ValueError):
            self.index.batch_query("one question")

    def test_every_mode_answers_and_another_is_refused(self):
        for mode in "auto", "dense", "words", "low", "medium", "high":
            self.assertTrue(self.index.query(BREAD, 1, mode)[0].item.path.endswith("bread.md"), mode)
        with self.assertRaisesRegex(ValueError, "want one of auto, dense"):
            self.index.query(BREAD, 1, "best")
        for wrong in {"nonsense": 1}, {"recompute": -1}, {"recompute": 1 << 64}, {"word_weight": 9}:
            with self.assertRaises(ValueError, msg=wrong):
                self.index.query(BREAD, 1, **wrong)
        for k in 0, -1, 10001, 1 << 64:
            with self.assertRaises(ValueError):
                self.index.query(BREAD, k)

    def test_filters_as_expression_and_dict_are_the_same(self):
        a = self.index.query("a function", filters="lang = python")
        b = self.index.query("a function", filters={"lang": "python"})
        self.assertEqual([h.item for h in a], [h.item for h in b])
        self.assertEqual({h.item.language for h in a}, {"python"})
        with self.assertRaisesRegex(libleann.LEANNUsageError, "colour"):
            self.index.query("x", filters={"colour": "red"})
        with self.assertRaises(ValueError):
            self.index.query("x", filters="lang = c\0")

    def test_related_find_and_iteration_agree(self):
        all_of_it = list(self.index)
        self.assertEqual([p.chunk for p in all_of_it], list(range(len(self.index))))
        bread = self.index.find(os.path.join(TREE, "notes/bread.md"), 3)
        self.assertTrue(all_of_it[bread].path.endswith("bread.md"))
        near = self.index.related(os.path.join(TREE, "notes/bread.md"), 2, line=3)
        self.assertEqual([h.item for h in near], [h.item for h in self.index.related(bread, 2)])
        self.assertNotIn(bread, [h.item.chunk for h in near])
        with self.assertRaises(libleann.LEANNNotFoundError):
            self.index.find("/nowhere/at/all")
        with self.assertRaises(ValueError):
            self.index.passage(len(all_of_it))
        with self.assertRaises(ValueError):
            self.index.passage(-1)
        self.assertEqual({p.language for p in self.index.passages("lang = c")}, {"c"})

    def test_statistics_are_those_of_the_index(self):
        s = self.index.get_stats()
        self.assertEqual((s.files, s.dim, s.model), (4, 384, "all-MiniLM-L6-v2"))
        self.assertEqual((s.provider, s.provider_url, s.remote), (None, None, False))
        self.assertEqual(s.bytes, os.stat(INDEX).st_size)
        self.assertEqual(s.passages, len(list(self.index)))
        self.assertIn("lang", [f.name for f in s.fields])

    def test_errors_say_what_and_have_a_class_for_their_status(self):
        with self.assertRaisesRegex(libleann.LEANNDataError, "No such file"):
            LEANNIndex("/nowhere.leann")
        with self.assertRaises(libleann.LEANNNotFoundError):
            LEANNIndex("/")
        with self.assertRaises(ValueError):
            LEANNIndex("a\0b")
        with LEANNIndex(INDEX, endpoint="ipc:///nowhere/at/all.sock", start=False, timeout=0.2, cache=False) as ix:
            with self.assertRaises(libleann.LEANNTemporaryError) as c:
                ix.query("anything")
            self.assertEqual(c.exception.status, 75)

    def test_a_file_that_changed_is_stale_and_has_no_text(self):
        with tempfile.TemporaryDirectory() as d:
            subprocess.run(["cp", "-r", TREE, f"{d}/tree"], check=True)
            with open(f"{d}/tree/notes/bread.md", "a", encoding="utf-8") as f:
                f.write("more\n")
            with LEANNIndex(INDEX, root=f"{d}/tree") as ix:
                p = next(p for p in ix if p.path.endswith("bread.md"))
                self.assertEqual((p.source, p.stale, p.text, p.lines), ("changed", True, "", (0, 0)))

    def test_threads_share_an_index_and_find_what_one_finds(self):
        asked = [BREAD, "when do I prune tomatoes?", "send a letter", "parse_config"]
        want = [[h.item.chunk for h in r] for r in self.index.batch_query(asked)]
        wrong = []

        def ask(i):
            for n in range(8):
                k = (i + n) % len(asked)
                if [h.item.chunk for h in self.index.query(asked[k])] != want[k]:
                    wrong.append(asked[k])

        threads = [threading.Thread(target=ask, args=(i,)) for i in range(6)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(wrong, [])

    def test_a_call_lets_other_threads_run(self):
        """Two questions to a server that never answers wait at the same time, and Python goes on."""
        with tempfile.TemporaryDirectory() as d, socket.socket(socket.AF_UNIX) as mute:
            mute.bind(f"{d}/mute")
            mute.listen()
            with LEANNIndex(INDEX, endpoint=f"ipc://{d}/mute", start=False, timeout=1, cache=False) as ix:
                failed, ticks = [], 0

                def ask():
                    try:
                        ix.query("anything")
                    except libleann.LEANNTemporaryError as e:
                        failed.append(e)

                t0 = time.monotonic()
                threads = [threading.Thread(target=ask) for _ in range(2)]
                for t in threads:
                    t.start()
                while any(t.is_alive() for t in threads):
                    time.sleep(0.01)
                    ticks += 1
                took = time.monotonic() - t0
        self.assertEqual(len(failed), 2)
        self.assertGreater(ticks, 20)
        self.assertLess(took, 1.9)

    def test_a_closed_index_says_so_and_waits_for_those_inside(self):
        going = iter(self.index)
        first = next(going)
        self.index.close()
        self.index.close()
        self.assertEqual(next(going).chunk, first.chunk + 1)
        going.close()
        for call in (lambda: self.index.query("x"), lambda: self.index.get_stats(), lambda: list(self.index)):
            with self.assertRaisesRegex(libleann.LEANNUsageError, "closed"):
                call()
        self.assertIn("closed", repr(self.index))

    def test_a_child_after_fork_asks_with_handles_of_its_own(self):
        want = [h.item.chunk for h in self.index.query(BREAD)]
        busy = threading.Thread(target=lambda: [self.index.query(BREAD) for _ in range(20)])
        busy.start()
        pids = []
        for _ in range(3):
            pid = os.fork()
            if pid == 0:
                status = 1
                try:
                    status = 0 if [h.item.chunk for h in self.index.query(BREAD)] == want else 2
                    self.index.close()
                finally:
                    os._exit(status)
            pids.append(pid)
        for pid in pids:
            self.assertEqual(os.waitpid(pid, 0)[1], 0)
        busy.join()
        self.assertEqual([h.item.chunk for h in self.index.query(BREAD)], want)

    def test_nothing_crashes_when_the_interpreter_ends_in_the_middle(self):
        script = """
import os, threading, libleann
ix = libleann.LEANNIndex(os.environ["LEANN_TEST_INDEX"])
def ask():
    while True:
        ix.query("how long does the dough rise?")
for _ in range(3):
    threading.Thread(target=ask, daemon=True).start()
ix.query("x")
going = iter(ix)
next(going)
"""
        for _ in range(3):
            r = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
            self.assertEqual((r.returncode, r.stderr), (0, ""))

    def test_handles_are_freed_with_their_index(self):
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(20):
            LEANNIndex(INDEX).query(BREAD)
        with open("/proc/self/maps", encoding="utf-8", errors="replace") as f:
            self.assertLessEqual(sum(os.path.realpath(INDEX) in line for line in f), 4)
        self.assertLess(len(os.listdir("/proc/self/fd")), before + 20)


if __name__ == "__main__":
    unittest.main()
