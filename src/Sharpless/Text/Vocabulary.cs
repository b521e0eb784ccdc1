using Sharpless.Torch.Files;

namespace Sharpless.Text;

/// <summary>The tokens of a WordPiece model by id: <c>vocab.txt</c> of a published BERT, one token a line, counted from 0.</summary>
public sealed class Vocabulary
{
    /// <summary>Fills sequences up.</summary>
    public const string Padding = "[PAD]";

    /// <summary>Stands for a word that has no pieces.</summary>
    public const string Unknown = "[UNK]";

    /// <summary>Begins every sequence.</summary>
    public const string Begin = "[CLS]";

    /// <summary>Ends every sequence.</summary>
    public const string End = "[SEP]";

    /// <summary>Hides a word in the pre-training of BERT.</summary>
    public const string Mask = "[MASK]";

    /// <summary>Begins the tokens that go on with a word.</summary>
    public const string Continuation = "##";

    /// <summary>Tokens that a vocabulary must have. <see cref="Mask"/> need not be there.</summary>
    public static IReadOnlyList<string> Required { get; } = [Padding, Unknown, Begin, End];

    private readonly string[] _tokens;
    private readonly Dictionary<string, int> _ids = [];

    /// <summary>A vocabulary of tokens in the order of their ids.</summary>
    /// <param name="tokens">A token that comes twice has the later id, as in the published reader.</param>
    /// <exception cref="InvalidDataException">One of <see cref="Required"/> is missing.</exception>
    public Vocabulary(IEnumerable<string> tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        _tokens = [.. tokens];
        for (int id = 0; id < _tokens.Length; id++) _ids[_tokens[id]] = id;
        if (Required.FirstOrDefault(token => !_ids.ContainsKey(token)) is string missing)
        {
            throw new InvalidDataException($"The vocabulary of {_tokens.Length} tokens has no {missing}; a WordPiece vocabulary has {string.Join(", ", Required)}.");
        }
    }

    /// <summary>Number of tokens.</summary>
    public int Count => _tokens.Length;

    /// <summary>All tokens in the order of their ids.</summary>
    public IReadOnlyList<string> Tokens => _tokens;

    /// <summary>Reads a file with one token a line, in UTF-8.</summary>
    /// <exception cref="InvalidDataException">No UTF-8, or one of <see cref="Required"/> is missing; the message names the file.</exception>
    public static Vocabulary Load(string path)
    {
        string text = InputFile.ReadAllText(path);
        try
        {
            return new Vocabulary(Lines(text));
        }
        catch (InvalidDataException error)
        {
            throw new InvalidDataException($"\"{path}\": {error.Message}", error);
        }
    }

    private static IEnumerable<string> Lines(string text)
    {
        var reader = new StringReader(text);
        while (reader.ReadLine() is string line) yield return line;
    }

    /// <summary>Id of a token, or null where it is not in the vocabulary.</summary>
    public int? Find(string token) => _ids.TryGetValue(token, out int id) ? id : null;

    /// <summary>Id of a token that is there.</summary>
    /// <exception cref="ArgumentException">It is not.</exception>
    public int IdOf(string token) => Find(token) ?? throw new ArgumentException($"The vocabulary has no token '{token}'.", nameof(token));

    /// <summary>The text of <c>vocab.txt</c>.</summary>
    public override string ToString() => string.Concat(_tokens.Select(token => token + "\n"));
}
