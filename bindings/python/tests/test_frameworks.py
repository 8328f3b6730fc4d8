"""The modules for LangChain and LlamaIndex, with the real packages where they are installed."""

import os
import shutil
import tempfile
import unittest

from libleann import LEANNIndex
from libleann.store import LeannVectorStore as Store

INDEX = os.environ.get("LEANN_TEST_INDEX", "")
TEXTS = ["Let the dough rise for two hours.", "Prune tomatoes in June.", "Ships sail the ocean."]
META = [{"page": 1}, {"page": 2}, {"page": 3}]

try:
    import langchain_core
except ImportError:
    langchain_core = None
try:
    import llama_index.core as llama_index_core
except ImportError:
    llama_index_core = None


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()

    def tearDown(self):
        shutil.rmtree(self.folder, ignore_errors=True)


@unittest.skipIf(langchain_core is None, "no langchain-core: scripts/bench-setup --python")
class LangChain(Folder):
    def make(self):
        from libleann.langchain import LeannVectorStore

        return LeannVectorStore.from_texts(TEXTS, metadatas=META, ids=["a", "b", "c"], folder=f"{self.folder}/s")

    def test_a_vector_store_adds_finds_gets_and_deletes(self):
        s = self.make()
        found = s.similarity_search("bread", k=2)
        self.assertEqual((found[0].id, found[0].page_content, found[0].metadata), ("a", TEXTS[0], META[0]))
        self.assertEqual(len(found), 2)
        self.assertIn(s.similarity_search("bread", k=2, filter={"page": {"$gt": 1}})[0].id, "bc")
        self.assertEqual(s.add_documents(s.get_by_ids(["b"]), ids=["b"]), ["b"])
        self.assertEqual(s.store.count(), 3)
        self.assertEqual(len(s.add_texts(["Volcanoes."])), 1)
        s.delete(["a"])
        self.assertEqual(s.get_by_ids(["a", "c"])[0].id, "c")
        self.assertNotIn("a", [d.id for d in s.similarity_search("bread", k=9)])

    def test_scores_and_relevance_are_those_of_the_store(self):
        s = self.make()
        (doc, score), *_ = s.similarity_search_with_score("boats", k=1)
        self.assertEqual((doc.id, score), ("c", s.store.query("boats", 1)[0].score))
        relevant = s.similarity_search_with_relevance_scores("boats", k=3)
        self.assertTrue(all(0 <= r <= 1 for _, r in relevant))
        self.assertEqual(len(s.similarity_search_with_relevance_scores("boats", k=3, score_threshold=.99)), 0)

    def test_retrievers_are_runnables(self):
        from langchain_core.runnables import RunnableLambda
        from libleann.langchain import LeannRetriever

        chain = self.make().as_retriever(search_kwargs={"k": 1}) | RunnableLambda(lambda docs: docs[0].page_content)
        self.assertEqual(chain.invoke("gardening"), TEXTS[1])
        files = LeannRetriever(index=INDEX, k=2, filters={"lang": "markdown"})
        docs = files.invoke("how long does the dough rise?")
        self.assertTrue(docs[0].metadata["source"].endswith("bread.md"))
        self.assertEqual([len(d) for d in files.batch(["dough", "tomatoes"])], [2, 2])


@unittest.skipIf(llama_index_core is None, "no llama-index-core: scripts/bench-setup --python")
class LlamaIndex(Folder):
    def test_a_retriever_asks_an_index_of_files(self):
        from libleann.llamaindex import LeannRetriever

        nodes = LeannRetriever(LEANNIndex(INDEX), similarity_top_k=2).retrieve("how long does the dough rise?")
        self.assertEqual(len(nodes), 2)
        self.assertTrue(nodes[0].node.metadata["file_path"].endswith("bread.md"))
        self.assertIn("two hours", nodes[0].node.get_content())
        self.assertGreaterEqual(nodes[0].score, nodes[1].score)

    def test_a_retriever_asks_a_store(self):
        from libleann.llamaindex import LeannRetriever

        with Store(f"{self.folder}/s") as s:
            s.add(TEXTS, ["a", "b", "c"], META)
            nodes = LeannRetriever(s, similarity_top_k=1, filters={"page": {">": 1}}).retrieve("boats")
            self.assertEqual([(n.node.node_id, n.node.metadata) for n in nodes], [("c", {"page": 3})])


if __name__ == "__main__":
    unittest.main()
