// Compares tokens.json with Hugging Face's own tokenizer (npm @huggingface/tokenizers 0.2.0, unpacked in the folder given):
//   npm pack @huggingface/tokenizers@0.2.0 && tar -xzf huggingface-tokenizers-0.2.0.tgz && node tests/golden/contrastive/check.mjs package
// Prints every text on which they differ. Known: theirs lowers a final sigma to ς, as JavaScript does and the compiled tokenizer does not, and takes ideographs
// beyond the basic plane for letters.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

const { Tokenizer } = await import(resolve(process.argv[2], "dist/tokenizers.mjs"));
const golden = JSON.parse(readFileSync(new URL("tokens.json", import.meta.url)));
const vocab = Object.fromEntries(golden.vocabulary.map((token, id) => [token, id]));
const special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].map((content) => (
  { id: vocab[content], content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }));
let different = 0;
for (const side of ["cased", "uncased"]) {
  const tokenizer = new Tokenizer({
    version: "1.0", truncation: null, padding: null, added_tokens: special, post_processor: null, decoder: null,
    normalizer: { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: side === "uncased" },
    pre_tokenizer: { type: "BertPreTokenizer" },
    model: { type: "WordPiece", unk_token: "[UNK]", continuing_subword_prefix: "##", max_input_chars_per_word: 100, vocab },
  }, {});
  golden.texts.forEach((text, i) => {
    const theirs = tokenizer.tokenize ? tokenizer.tokenize(text) : tokenizer.encode(text, { add_special_tokens: false }).tokens;
    const ours = golden[side][i].map((id) => golden.vocabulary[id]);
    if (JSON.stringify(theirs) !== JSON.stringify(ours)) {
      different++;
      console.log(side, JSON.stringify(text), "\n  theirs", theirs.join(" "), "\n  ours  ", ours.join(" "));
    }
  });
}
console.log(`${different} of ${2 * golden.texts.length} differ`);
