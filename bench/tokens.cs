#:package Microsoft.ML.Tokenizers@2.0.1
#:package FastBertTokenizer@1.2.6
#:project ../src/Sharpless/Sharpless.csproj
#:property ManagePackageVersionsCentrally=false
#:property TreatWarningsAsErrors=false
#:property InvariantGlobalization=false
#:property NoWarn=NU1603

// Our tokenizer beside those of two packages, on the golden texts and on 4,000 drawn ones; decision 0024 rests on it.
//   dotnet run bench/tokens.cs                                          with the ICU of the system
//   DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 dotnet run bench/tokens.cs  without, as Sharpless runs
using System.Text;
using System.Text.Json;
using Microsoft.ML.Tokenizers;
using Sharpless.Text;

const int Drawn = 4000;
JsonElement golden = JsonDocument.Parse(File.ReadAllBytes("tests/golden/contrastive/tokens.json")).RootElement;
string[] tokens = [.. golden.GetProperty("vocabulary").EnumerateArray().Select(token => token.GetString()!)];
string[] texts = [.. golden.GetProperty("texts").EnumerateArray().Select(text => text.GetString()!)];
var vocabulary = new Vocabulary(tokens);
Dictionary<string, int> special =
    new[] { "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]" }.ToDictionary(token => token, vocabulary.IdOf);

foreach (bool uncased in new[] { false, true })
{
    var ours = new WordPiece(vocabulary, uncased);
    BertTokenizer microsofts = BertTokenizer.Create(Bytes(), new BertOptions
    {
        LowerCaseBeforeTokenization = uncased,
        RemoveNonSpacingMarks = uncased,
        ApplyBasicTokenization = true,
        SplitOnSpecialTokens = true,
        IndividuallyTokenizeCjk = true,
        SpecialTokens = special,
    });
    var fast = new FastBertTokenizer.BertTokenizer();
    fast.LoadVocabulary(
        new StreamReader(Bytes()), uncased, "[UNK]", "[CLS]", "[SEP]", "[PAD]",
        uncased ? NormalizationForm.FormD : NormalizationForm.FormC);

    // Whatever else fails here must not stop the comparison of the rest.
    string name = uncased ? "uncased" : "cased";
    int[][] expected = [.. golden.GetProperty(name).EnumerateArray()
        .Select(ids => ids.EnumerateArray().Select(id => id.GetInt32()).ToArray())];
    Compare($"ours, {name}", ours.Pieces, expected, ours, isShown: false);
    Compare($"Microsoft.ML.Tokenizers, {name}", text => microsofts.EncodeToIds(text, addSpecialTokens: false), expected,
        ours, isShown: true);
    Compare($"FastBertTokenizer, {name}",
        text => [.. fast.Encode(text, 5000).InputIds.ToArray()[1..^1].Select(id => (int)id)], expected, ours,
        isShown: true);
}

void Compare(string name, Func<string, IReadOnlyList<int>> encode, int[][] expected, WordPiece ours, bool isShown)
{
    int differentGolden = 0, differentDrawn = 0, thrown = 0;
    for (int i = 0; i < texts.Length; i++)
    {
        IReadOnlyList<int> found = encode(texts[i]);
        if (found.SequenceEqual(expected[i])) continue;
        differentGolden++;
        if (isShown) Console.WriteLine(
            $"{name}: \"{JsonEncodedText.Encode(texts[i])}\"\n  golden {Names(expected[i])}\n  found  {Names(found)}");
    }

    var random = new Random(7);
    for (int i = 0; i < Drawn; i++)
    {
        string text = Draw(random);
        try
        {
            if (!encode(text).SequenceEqual(ours.Pieces(text))) differentDrawn++;
        }
        catch (ArgumentException)
        {
            thrown++;
        }
    }

    Console.WriteLine($"{name}: {differentGolden} of {texts.Length} golden and {differentDrawn} of {Drawn} drawn "
        + $"texts differ, {thrown} drawn ones end in an exception");
}

string Names(IEnumerable<int> ids) => string.Join(' ', ids.Select(id => tokens[id]));

MemoryStream Bytes() => new(Encoding.UTF8.GetBytes(vocabulary.ToString()));

string Draw(Random random)
{
    var text = new StringBuilder();
    for (int i = random.Next(1, 12); i > 0; i--)
    {
        text.Append(random.Next(7) switch
        {
            0 => tokens[random.Next(tokens.Length)].Replace("##", "", StringComparison.Ordinal),
            1 => Part(texts[random.Next(texts.Length)]),
            2 => " ",
            3 => $"{(char)random.Next(' ', 127)}",
            4 => Character(),
            5 => $"{(char)random.Next(0x80, 0x600)}",
            _ => new string((char)random.Next('a', 'z' + 1), random.Next(1, 4)),
        });
    }

    return text.ToString();

    string Part(string whole)
    {
        int start = random.Next(whole.Length + 1);
        return whole.Substring(start, random.Next(Math.Min(8, whole.Length - start + 1)));
    }

    string Character()
    {
        while (true)
            if (Rune.TryCreate(random.Next(0x30000), out Rune character)) return character.ToString();
    }
}
