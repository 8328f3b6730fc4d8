"""libleann.compat: what programs written for the official LEANN call."""

import json
import os
import subprocess
import sys
import tempfile
import time
import unittest

from libleann import LEANNError
from libleann.compat import LeannBuilder, LeannChat, LeannSearcher

HERE = os.path.dirname(os.path.abspath(__file__))


class Compat(unittest.TestCase):
    def setUp(self):
        self._d = tempfile.TemporaryDirectory()
        self.path = os.path.join(self._d.name, "x.leann")

    def tearDown(self):
        self._d.cleanup()

    def build(self, texts, **how):
        b = LeannBuilder(**how)
        for t, m in texts:
            b.add_text(t, m)
        b.build_index(self.path)
        return LeannSearcher(self.path)

    def some(self):
        return self.build([("Bread rises for two hours.", {"page": 1, "kind": "food", "tags": ["a", "b"]}),
                           ("Tomatoes want sun.", {"page": 2, "kind": "plants", "n": "12"}),
                           ("Ships sail the ocean.", {"page": 3, "id": "ships"}),
                           ("Ships sail the ocean.", None)])

    def test_the_quick_start_runs_as_it_is(self):
        model = "sentence-transformers/all-MiniLM-L6-v2"
        out = subprocess.run([sys.executable, f"{HERE}/quick_start.py", "ours", model, self._d.name, "50"],
                             check=True, capture_output=True, text=True).stdout
        r = json.loads(out)
        self.assertEqual((r["id"], r["metadata"]), ("1", {"kind": "animal", "page": 2}))
        self.assertIn("crocodile", r["hit"])
        self.assertIn("storage", r["disk"])
        self.assertEqual(r["filtered"], ["1"])

    def test_results_have_id_score_text_and_metadata(self):
        with self.some() as s:
            r = s.search("dough", top_k=3)
            self.assertEqual(len(r), 3)
            self.assertEqual((r[0].id, r[0].text), ("0", "Bread rises for two hours."))
            self.assertEqual(r[0].metadata["tags"], ["a", "b"])
            self.assertEqual([x.score for x in r], sorted((x.score for x in r), reverse=True))
            self.assertEqual({x.id for x in s.search("boats", top_k=2)}, {"ships", "3"})
            self.assertEqual(len(s.search("anything", top_k=100)), 4)

    def test_filters_have_the_operators_of_the_official_package(self):
        with self.some() as s:
            for filters, want in (
                ({"page": {"==": 1}}, {"0"}), ({"page": {"!=": 1}}, {"1", "ships"}),
                ({"page": {">": 1, "<=": 2}}, {"1"}),
                ({"page": {">=": "2"}}, {"1", "ships"}), ({"n": {"<": 13}}, {"1"}), ({"kind": {"in": ["food"]}}, {"0"}),
                ({"kind": {"not_in": ["food"]}}, {"1"}), ({"tags": {"in": ["b"]}}, {"0"}),
                ({"kind": {"contains": "an"}}, {"1"}), ({"kind": {"starts_with": "fo"}}, {"0"}),
                ({"kind": {"ends_with": "ts"}}, {"1"}), ({"page": {"is_true": True}}, {"0", "1", "ships"}),
                ({"text": {"contains": "sun"}}, {"1"}), ({"id": {"==": "3"}}, {"3"}), ({"none": {"!=": 1}}, set()),
            ):
                self.assertEqual({r.id for r in s.search("anything", 10, metadata_filters=filters)}, want, filters)
            # they act before the best are chosen
            self.assertEqual([r.id for r in s.search("bread", 1, metadata_filters={"page": {"==": 3}})], ["ships"])
            with self.assertRaises(ValueError):
                s.search("x", metadata_filters={"page": {"near": 1}})

    def test_other_ways_to_rank_are_there(self):
        with self.some() as s:
            for how in ({"vector_weight": 0.0}, {"vector_weight": 0.5}, {"complexity": 128},
                        {"recompute_embeddings": False},
                        {"beam_width": 4, "prune_ratio": 0.1, "pruning_strategy": "local", "batch_size": 8}):
                self.assertEqual(s.search("tomatoes", 1, **how)[0].id, "1", how)
            self.assertEqual([(r.id, r.score) for r in s.search("SAIL", use_grep=True)], [("ships", 1.0), ("3", 1.0)])
            with self.assertRaises(ValueError):
                s.search("x", vector_weight=2)

    def test_a_long_text_is_whole_and_found_by_its_end(self):
        long = "The committee met on Tuesday and talked about the budget. " * 100 + "A zebra ran away from the zoo."
        with self.build([(long, None), ("Ships sail.", None), ("Bread rises.", None)]) as s:
            r = s.search("the zebra that ran away from the zoo", 3)
            self.assertEqual((r[0].text, len(r)), (long, 3))

    def test_texts_come_and_go_without_a_new_build(self):
        self.some().cleanup()
        b = LeannBuilder()
        b.add_text("Volcanoes spit lava.")
        b.update_index(self.path, remove_passage_ids=["ships", "0"])
        with LeannSearcher(self.path) as s:
            self.assertEqual({r.id for r in s.search("anything", 10)}, {"1", "3", "4"})
            self.assertEqual(s.search("lava", 1)[0].text, "Volcanoes spit lava.")

    def test_what_cannot_be_is_said(self):
        with self.assertRaisesRegex(ValueError, "No chunks"):
            LeannBuilder().build_index(self.path)
        with self.assertRaises(ValueError):
            LeannBuilder(backend_name="nothing")
        with self.assertRaises(ValueError):
            LeannBuilder(embedding_mode="openai")
        with self.assertRaises(FileNotFoundError):
            LeannSearcher("/nowhere")
        b = LeannBuilder(embedding_model="nobody/has-this")
        b.add_text("x")
        with self.assertRaisesRegex(LookupError, "not on this machine"):
            b.build_index(self.path)
        for config in None, {"type": "hf", "model": "x"}, {"type": "ollama"}:
            with self.assertRaises(ValueError):
                LeannChat(self.path, llm_config=config)
        with self.assertWarnsRegex(UserWarning, "empty"), self.build([("", None), ("One.", None)]) as s:
            self.assertEqual(len(s.search("x", 9)), 1)

    def test_leann_is_ours_after_install_and_not_when_the_other_was_first(self):
        code = "import libleann.compat as c; c.install(); from leann import LeannBuilder; " \
               "from leann.api import SearchResult; assert LeannBuilder is c.LeannBuilder; c.install()"
        subprocess.run([sys.executable, "-c", code], check=True)
        code = "import sys, types; sys.modules['leann'] = types.ModuleType('leann'); " \
               "import libleann.compat as c; c.install()"
        r = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        self.assertIn("imported already", r.stderr)

    def test_a_chat_answers_through_leann_ask(self):
        server = os.environ.get("LEANN_TEST_FAKE_OPENAI")
        if not server:
            self.skipTest("LEANN_TEST_FAKE_OPENAI does not name fake_openai.py")
        self.some().cleanup()
        with subprocess.Popen([sys.executable, server, self._d.name]) as p:
            try:
                while not os.path.exists(f"{self._d.name}/port"):
                    time.sleep(0.02)
                with open(f"{self._d.name}/port", encoding="ascii") as f:
                    url = f"http://127.0.0.1:{f.read().strip()}/v1"
                config = {"type": "openai", "base_url": url, "model": "good", "api_key": "sk-right"}
                with LeannChat(self.path, llm_config=config) as chat:
                    self.assertEqual(chat.ask("how long does bread rise?", top_k=1), "Let it rise two hours [1].")
                with LeannChat(self.path, llm_config={**config, "api_key": "sk-wrong"}) as chat:
                    with self.assertRaises(LEANNError):
                        chat.ask("how long does bread rise?")
            finally:
                p.terminate()


if __name__ == "__main__":
    unittest.main()
