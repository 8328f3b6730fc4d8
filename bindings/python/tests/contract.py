"""What a vector store has to do: the same tests for LeannVectorStore and for Chroma's client.

    contract.py [-v]     both, or ours alone where chromadb is not installed

Chroma is given our embeddings, so both are asked the same; where the two differ on purpose a test says so.
"""

import base64
import json
import os
import shutil
import struct
import subprocess
import tempfile
import unittest

from libleann.store import LeannVectorStore

try:
    import chromadb
except ImportError:
    chromadb = None

MODEL = os.environ.get("LEANN_TEST_MODEL", "1")
TEXTS = {
    "bread": "Mix flour, water, salt and yeast. Let the dough rise for two hours.",
    "garden": "Tomatoes want sun and regular watering. Prune the side shoots in June.",
    "mail": "Send an electronic letter over SMTP to a mail server.",
    "music": "The orchestra plays a symphony in four movements.",
    "sea": "Sailing ships crossed the ocean with the trade winds.",
    "unicode": "Über den Wolken: 雲の上、 надо облаков 🌥",
}
METADATA = {
    "bread": {"page": 1, "kind": "food", "rating": 4.5, "draft": False},
    "garden": {"page": 2, "kind": "plants", "rating": 3.0, "draft": True},
    "mail": {"page": 3, "kind": "code", "draft": False},
    "music": {"page": 4, "kind": "art", "rating": 5.0},
    "sea": {"page": 5, "kind": "travel", "author": "O'Brian \"Jack\" \\"},
    "unicode": {"page": 6, "kind": "ünïcode", "title": "雲"},
}


_known = {}


def embed(texts):
    """Our embeddings of texts, each text computed once."""
    new = [t for t in dict.fromkeys(texts) if t not in _known]
    lines = "".join(json.dumps({"id": str(i), "text": t}) + "\n" for i, t in enumerate(new))
    out = subprocess.run("leann-chunk -q --truncate --jsonl - | leann-embed-client -q | leann-bundle text",
                         shell=True, check=True, input=lines.encode(), capture_output=True).stdout if new else b""
    for line in out.splitlines():
        record = json.loads(line)
        if record[0] == 3:  # a vector: leann-stream(5)
            raw = base64.b64decode(record[2]["bin"])
            _known[new[record[1]]] = list(struct.unpack(f"<{len(raw) // 4}f", raw))
    return [_known[t] for t in texts]


class Ours:
    def __init__(self, folder):
        self.folder = folder
        self.s = LeannVectorStore(folder)

    def add(self, ids, texts, metadatas=None):
        self.s.add(texts, ids, metadatas)

    def upsert(self, ids, texts, metadatas=None):
        self.s.upsert(texts, ids, metadatas)

    def update(self, ids, texts=None, metadatas=None):
        self.s.update(ids, texts, metadatas)

    def get(self, ids=None, where=None, limit=None, offset=0):
        return [(d.id, d.text, d.metadata) for d in self.s.get(ids, where, limit, offset)]

    def delete(self, ids=None, where=None):
        self.s.delete(ids, where)

    def query(self, text, k, where=None):
        return [(m.id, m.text, m.metadata, m.distance) for m in self.s.query(text, k, where, mode="dense")]

    def query_many(self, texts, k):
        return [[m.id for m in r] for r in self.s.query(texts, k, mode="dense")]

    def count(self):
        return self.s.count()

    def reopen(self):
        self.s.close()
        self.s = LeannVectorStore(self.folder, create=False)

    def close(self):
        self.s.close()


class Chroma:
    def __init__(self, folder):
        self.folder = folder
        self._open()

    def _open(self):
        settings = chromadb.config.Settings(anonymized_telemetry=False)
        self.client = chromadb.PersistentClient(self.folder, settings=settings)
        self.c = self.client.get_or_create_collection("contract", embedding_function=None,
                                                      configuration={"hnsw": {"space": "cosine"}})

    def add(self, ids, texts, metadatas=None):
        self.c.add(ids=ids, documents=texts, metadatas=metadatas, embeddings=embed(texts))

    def upsert(self, ids, texts, metadatas=None):
        self.c.upsert(ids=ids, documents=texts, metadatas=metadatas, embeddings=embed(texts))

    def update(self, ids, texts=None, metadatas=None):
        self.c.update(ids=ids, documents=texts, metadatas=metadatas, embeddings=embed(texts) if texts else None)

    def get(self, ids=None, where=None, limit=None, offset=0):
        r = self.c.get(ids=ids, where=where, limit=limit, offset=offset)
        return [(i, t, m or {}) for i, t, m in zip(r["ids"], r["documents"], r["metadatas"])]

    def delete(self, ids=None, where=None):
        self.c.delete(ids=ids, where=where)

    def query(self, text, k, where=None):
        r = self.c.query(query_embeddings=embed([text]), n_results=k, where=where)
        return [(i, t, m or {}, d) for i, t, m, d in zip(r["ids"][0], r["documents"][0], r["metadatas"][0],
                                                         r["distances"][0])]

    def query_many(self, texts, k):
        return self.c.query(query_embeddings=embed(texts), n_results=k)["ids"]

    def count(self):
        return self.c.count()

    def reopen(self):
        self._open()

    def close(self):
        pass


class Contract:
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.store = self.make(os.path.join(self.folder, "store"))

    def tearDown(self):
        self.store.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def fill(self):
        self.store.add(list(TEXTS), list(TEXTS.values()), [METADATA[i] for i in TEXTS])

    def ids(self, **how):
        return sorted(i for i, _, _ in self.store.get(**how))

    def test_what_was_added_comes_back_as_it_was_in_the_order_of_adding(self):
        self.fill()
        self.assertEqual(self.store.get(), [(i, t, METADATA[i]) for i, t in TEXTS.items()])
        self.assertEqual(self.store.count(), len(TEXTS))

    def test_an_empty_store_has_nothing(self):
        self.assertEqual(self.store.count(), 0)
        self.assertEqual(self.store.get(), [])

    def test_documents_come_by_id_whatever_else_is_asked_for(self):
        self.fill()
        self.assertEqual(self.ids(ids=["sea", "bread", "nothing"]), ["bread", "sea"])
        self.assertEqual(self.store.get(ids=["mail"]), [("mail", TEXTS["mail"], METADATA["mail"])])
        self.assertEqual(self.store.get(ids=["nothing"]), [])

    def test_limit_and_offset_page_through_all(self):
        self.fill()
        pages = [self.store.get(limit=4, offset=o) for o in (0, 4, 8)]
        self.assertEqual([len(p) for p in pages], [4, 2, 0])
        self.assertEqual(pages[0] + pages[1], self.store.get())

    def test_the_document_that_means_what_is_asked_comes_first(self):
        self.fill()
        for text, want in ("how is bread baked?", "bread"), ("boats with sails", "sea"), ("e-mail", "mail"):
            found = self.store.query(text, 3)
            self.assertEqual(len(found), 3)
            self.assertEqual(found[0][:3], (want, TEXTS[want], METADATA[want]))
            distances = [d for _, _, _, d in found]
            self.assertEqual(distances, sorted(distances))
            self.assertTrue(all(-0.01 <= d <= 2 for d in distances), distances)

    def test_distances_are_those_of_the_cosine(self):
        self.fill()
        question = "a concert"
        a, *b = embed([question, *TEXTS.values()])
        want = {i: 1 - sum(x * y for x, y in zip(a, v)) for i, v in zip(TEXTS, b)}
        for i, _, _, d in self.store.query(question, len(TEXTS)):
            self.assertAlmostEqual(d, want[i], places=2)

    def test_a_text_itself_is_nearest_to_itself(self):
        self.fill()
        for i, t in TEXTS.items():
            (found, _, _, d), *_ = self.store.query(t, 1)
            self.assertEqual(found, i)
            self.assertLess(d, 0.01)

    def test_more_is_asked_for_than_there_is(self):
        self.fill()
        self.assertEqual(sorted(i for i, *_ in self.store.query("anything", 100)), sorted(TEXTS))

    def test_many_questions_have_an_answer_each(self):
        self.fill()
        found = self.store.query_many(["boats with sails", "how is bread baked?"], 2)
        self.assertEqual([r[0] for r in found], ["sea", "bread"])
        self.assertEqual([len(r) for r in found], [2, 2])

    def test_metadata_chooses(self):
        self.fill()
        for where, want in (
            ({"kind": "food"}, ["bread"]),
            ({"page": 3}, ["mail"]),
            ({"page": {"$eq": 3}}, ["mail"]),
            ({"page": {"$gt": 4}}, ["sea", "unicode"]),
            ({"page": {"$gte": 4}}, ["music", "sea", "unicode"]),
            ({"page": {"$lt": 2}}, ["bread"]),
            ({"page": {"$lte": 2}}, ["bread", "garden"]),
            ({"rating": {"$gt": 4}}, ["bread", "music"]),
            ({"kind": {"$in": ["food", "art", "none"]}}, ["bread", "music"]),
            ({"draft": True}, ["garden"]),
            ({"$and": [{"page": {"$gt": 1}}, {"page": {"$lt": 4}}]}, ["garden", "mail"]),
            ({"$or": [{"page": 1}, {"kind": "art"}]}, ["bread", "music"]),
            ({"author": "O'Brian \"Jack\" \\"}, ["sea"]),
            ({"kind": "ünïcode"}, ["unicode"]),
            ({"page": "3"}, []),
            ({"nothing": 1}, []),
        ):
            self.assertEqual(self.ids(where=where), want, where)
            self.assertEqual(sorted(i for i, *_ in self.store.query("anything", 10, where)), want, where)

    def test_what_lacks_a_field_is_not_equal_to_any_value(self):
        self.fill()
        self.assertEqual(self.ids(where={"rating": {"$ne": 3.0}}), ["bread", "mail", "music", "sea", "unicode"])
        self.assertEqual(self.ids(where={"draft": {"$nin": [True]}}), ["bread", "mail", "music", "sea", "unicode"])

    def test_a_filter_acts_before_the_best_are_chosen(self):
        self.fill()
        self.assertEqual(len(self.store.query(TEXTS["bread"], 2, {"page": {"$gt": 4}})), 2)

    def test_ids_and_metadata_choose_together(self):
        self.fill()
        self.assertEqual(self.ids(ids=["bread", "sea"], where={"page": {"$gt": 1}}), ["sea"])

    def test_what_was_deleted_is_gone_everywhere(self):
        self.fill()
        self.store.delete(ids=["bread", "nothing"])
        self.assertEqual(self.store.count(), len(TEXTS) - 1)
        self.assertEqual(self.store.get(ids=["bread"]), [])
        self.assertNotIn("bread", [i for i, *_ in self.store.query(TEXTS["bread"], 10)])
        self.store.delete(where={"page": {"$gt": 4}})
        self.assertEqual(self.ids(), ["garden", "mail", "music"])
        self.assertEqual(sorted(i for i, *_ in self.store.query("anything", 10)), ["garden", "mail", "music"])

    def test_deleting_without_saying_what_is_refused(self):
        self.fill()
        with self.assertRaises(ValueError):
            self.store.delete()
        self.assertEqual(self.store.count(), len(TEXTS))

    def test_all_can_be_deleted_and_others_added(self):
        self.fill()
        self.store.delete(ids=list(TEXTS))
        self.assertEqual((self.store.count(), self.store.get()), (0, []))
        self.store.add(["new"], ["A new beginning."])
        self.assertEqual([i for i, *_ in self.store.query("a fresh start", 5)], ["new"])

    def test_a_deleted_id_can_be_added_again(self):
        self.fill()
        self.store.delete(ids=["bread"])
        self.store.add(["bread"], ["Sourdough takes a whole day."], [{"page": 9}])
        self.assertEqual(self.store.get(ids=["bread"]), [("bread", "Sourdough takes a whole day.", {"page": 9})])
        self.assertEqual(self.store.query("sourdough", 1)[0][0], "bread")
        self.assertEqual(self.store.count(), len(TEXTS))

    def test_upsert_replaces_and_adds(self):
        self.fill()
        self.store.upsert(["bread", "tea"], ["Rockets fly to the moon.", "Green tea is brewed at 80 degrees."],
                          [{"page": 1}, {"page": 7}])
        self.assertEqual(self.store.count(), len(TEXTS) + 1)
        self.assertEqual(self.store.query("space travel", 1)[0][:2], ("bread", "Rockets fly to the moon."))
        self.assertEqual(self.store.query("how to brew green tea", 1)[0][0], "tea")
        self.assertNotIn(TEXTS["bread"], [t for _, t, *_ in self.store.query(TEXTS["bread"], 10)])

    def test_update_changes_what_is_given_and_keeps_the_rest(self):
        self.fill()
        self.store.update(["bread"], metadatas=[{"page": 11, "new": True}])
        self.assertEqual(self.store.get(ids=["bread"]),
                         [("bread", TEXTS["bread"], {**METADATA["bread"], "page": 11, "new": True})])
        self.store.update(["bread"], texts=["Rockets fly to the moon."])
        self.assertEqual(self.store.query("space travel", 1)[0][0], "bread")
        self.assertEqual(self.store.get(ids=["bread"])[0][2]["page"], 11)
        self.assertEqual(self.ids(where={"page": 11}), ["bread"])

    def test_an_id_that_is_there_is_not_added_over(self):
        """Chroma says nothing, ours refuses; the document stays in both."""
        self.fill()
        try:
            self.store.add(["bread"], ["Something else."])
        except ValueError:
            pass
        self.assertEqual(self.store.get(ids=["bread"])[0][1], TEXTS["bread"])
        self.assertEqual(self.store.count(), len(TEXTS))

    def test_an_id_given_twice_is_refused_and_nothing_is_added(self):
        with self.assertRaises(Exception):
            self.store.add(["a", "b", "a"], ["One.", "Two.", "Three."])
        self.assertEqual(self.store.count(), 0)

    def test_an_empty_id_is_refused(self):
        with self.assertRaises(Exception):
            self.store.add([""], ["One."])
        self.assertEqual(self.store.count(), 0)

    def test_lengths_that_differ_are_refused(self):
        with self.assertRaises(ValueError):
            self.store.add(["a", "b"], ["One.", "Two."], [{"page": 1}])
        self.assertEqual(self.store.count(), 0)

    def test_no_results_at_all_are_not_asked_for(self):
        self.fill()
        with self.assertRaises((ValueError, TypeError)):
            self.store.query("anything", 0)

    def test_a_store_is_there_again_after_it_was_closed(self):
        self.fill()
        self.store.delete(ids=["sea"])
        self.store.upsert(["mail"], ["Postcards are sent by post."], [{"page": 3}])
        before = self.store.get()
        asked = [i for i, *_ in self.store.query("how is bread baked?", 3)]
        self.store.reopen()
        self.assertEqual(self.store.get(), before)
        self.assertEqual([i for i, *_ in self.store.query("how is bread baked?", 3)], asked)
        self.store.add(["more"], ["More of it."])
        self.assertEqual(self.store.count(), len(TEXTS))

    def test_two_documents_of_one_text_are_two(self):
        self.store.add(["a", "b", "c"], ["The same words.", "The same words.", "Others entirely."])
        self.assertEqual(sorted(i for i, *_ in self.store.query("the same words", 2)), ["a", "b"])
        self.store.delete(ids=["a"])
        self.assertEqual(self.store.query("the same words", 2)[0][0], "b")

    def test_documents_added_one_by_one_are_found_as_those_added_together(self):
        for i, t in TEXTS.items():
            self.store.add([i], [t], [METADATA[i]])
        self.assertEqual(self.store.get(), [(i, t, METADATA[i]) for i, t in TEXTS.items()])
        self.assertEqual(self.store.query("boats with sails", 1)[0][0], "sea")

    def test_a_long_document_is_found_by_its_end_and_is_one(self):
        filler = "The committee met on Tuesday and talked about the budget of the year. " * 60
        long = filler + "At last the zebra escaped from the zoo."
        self.store.add(["long", "short"], [long, "Sailing ships crossed the ocean."])
        found = self.store.query("an animal ran away from the zoo", 5)
        if isinstance(self.store, Ours):  # our embedding of it for Chroma is cut
            self.assertEqual(found[0][0], "long")
        self.assertEqual(sorted(i for i, *_ in found), ["long", "short"])
        self.assertEqual(self.store.get(ids=["long"])[0][1], long)


@unittest.skipUnless(MODEL, "the default model is not here")
class OurStore(Contract, unittest.TestCase):
    make = Ours


@unittest.skipUnless(MODEL, "the default model is not here")
@unittest.skipIf(chromadb is None, "chromadb is not installed: scripts/bench-setup --stores")
class ChromaStore(Contract, unittest.TestCase):
    make = Chroma


if __name__ == "__main__":
    unittest.main()
