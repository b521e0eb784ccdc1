using System.Globalization;

namespace Sharpless.Torch.Files;

/// <summary>
/// Reads the text of an npy header, a Python dict such as <c>{'descr': '&lt;f4', 'fortran_order': False, 'shape': (3, 4), }</c>.
/// Only what can stand in such a header is understood; nothing is evaluated.
/// </summary>
internal sealed class NpyHeaderText(string text, long offset, FilePlace place)
{
    private int _position;

    /// <summary>After <see cref="Parse"/>: what the elements are where they cannot be read.</summary>
    public ForeignType? Foreign { get; private set; }

    /// <summary>Element format (any, where it is foreign), order and shape.</summary>
    /// <exception cref="InvalidDataException">Another text.</exception>
    public (ElementFormat Format, bool FortranOrder, long[] Shape) Parse()
    {
        ElementFormat? format = null;
        bool? fortranOrder = null;
        long[]? shape = null;

        Expect('{');
        while (!Accept('}'))
        {
            int at = _position;
            string key = ReadString();
            Expect(':');
            switch (key)
            {
                case "descr" when format is null: format = ReadFormat(); break;
                case "fortran_order" when fortranOrder is null: fortranOrder = ReadBool(); break;
                case "shape" when shape is null: shape = ReadShape(); break;
                default: throw Error(at, $"the key {FilePlace.Quote(key)}, unknown or for the second time", "'descr', 'fortran_order' and 'shape', once each");
            }
            if (!Accept(',') && Peek() != '}') throw Unexpected("',' or '}'");
        }
        // numpy pads with blanks and ends with a newline. Anything else there is not part of an array.
        SkipBlanks();
        if (_position < text.Length) throw Unexpected("only blanks after the header");

        return (format ?? throw Missing("descr"), fortranOrder ?? throw Missing("fortran_order"), shape ?? throw Missing("shape"));
    }

    private ElementFormat ReadFormat()
    {
        int at = _position;
        if (Peek() is '[' or '(')
        {
            SkipNested();
            return Refuse(at, "a structured type (several fields in one element)", "one number an element", "Save each field as an array of its own.");
        }

        at = _position;
        string descr = ReadString();
        string kind = descr.TrimStart('<', '>', '|', '=');
        if (kind.StartsWith('O'))
            return Refuse(at, "Python objects (descr '|O'), that is a pickle, which could run code and is never executed", "numbers",
                "Convert the array where it came from: a.astype('float32'), then save with allow_pickle=False.");
        // '=' and '|' leave the order open: little-endian, as on every machine that numpy runs on today.
        bool bigEndian = descr.StartsWith('>');
        if (descr.Length > kind.Length + 1) kind = "";
        return kind switch
        {
            "b1" => new ElementFormat(ElementKind.Bool),
            "u1" => new ElementFormat(ElementKind.UInt8),
            "i1" => new ElementFormat(ElementKind.Int8),
            "u2" => new ElementFormat(ElementKind.UInt16, bigEndian),
            "i2" => new ElementFormat(ElementKind.Int16, bigEndian),
            "u4" => new ElementFormat(ElementKind.UInt32, bigEndian),
            "i4" => new ElementFormat(ElementKind.Int32, bigEndian),
            "u8" => new ElementFormat(ElementKind.UInt64, bigEndian),
            "i8" => new ElementFormat(ElementKind.Int64, bigEndian),
            "f2" => new ElementFormat(ElementKind.Float16, bigEndian),
            "f4" => new ElementFormat(ElementKind.Float32, bigEndian),
            "f8" => new ElementFormat(ElementKind.Float64, bigEndian),
            _ => Refuse(at, $"{Name(descr.TrimStart('<', '>', '|', '='))} (element type {FilePlace.Quote(descr)})",
                "bool, (u)int8 to (u)int64 or float16 to float64", "Convert it before saving: a.astype('float32')."),
        };
    }

    private ElementFormat Refuse(int at, string what, string expected, string mend)
    {
        Foreign = new ForeignType(what, Error(at, what, expected, mend).Message);
        return new ElementFormat(ElementKind.UInt8);
    }

    private static string Name(string kind) => kind.FirstOrDefault() switch
    {
        'c' => "complex numbers",
        'U' or 'S' or 'a' => "texts",
        'M' => "dates",
        'm' => "spans of time",
        'V' => "raw bytes",
        'f' => "numbers of another length",
        _ => "another type",
    };

    // A list or tuple with all that is in it.
    private void SkipNested()
    {
        int start = _position, depth = 0;
        do
        {
            switch (Peek())
            {
                case '[' or '(': depth++; _position++; break;
                case ']' or ')': depth--; _position++; break;
                case '\'' or '"': ReadString(); break;
                case '\0' when _position >= text.Length: throw Error(start, "a list without end", "a closing bracket");
                default: _position++; break;
            }
        }
        while (depth > 0);
    }

    private bool ReadBool() => AcceptWord("True") || (AcceptWord("False") ? false : throw Unexpected("True or False"));

    private long[] ReadShape()
    {
        var shape = new List<long>();
        Expect('(');
        while (!Accept(')'))
        {
            shape.Add(ReadLong());
            bool comma = Accept(',');
            // (3) is a number, not a tuple, in Python: numpy writes (3,).
            if (!comma && (Peek() != ')' || shape.Count == 1)) throw Unexpected("','");
        }
        return [.. shape];
    }

    private long ReadLong()
    {
        SkipBlanks();
        int start = _position;
        if (Peek() == '-') _position++;
        while (_position < text.Length && char.IsAsciiDigit(text[_position])) _position++;
        if (!long.TryParse(text.AsSpan(start, _position - start), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value))
            throw Error(start, "something else", "a length below 2^63");
        if (_position < text.Length && text[_position] == 'L') _position++;     // Python 2 wrote long integers so
        return value;
    }

    private string ReadString()
    {
        char quote = Peek();
        if (quote is not ('\'' or '"')) throw Unexpected("a quoted string");
        int end = text.IndexOf(quote, _position + 1);
        if (end < 0) throw Error(_position, "a string without end", "a closing quote");
        string value = text[(_position + 1)..end];
        if (value.Contains('\\', StringComparison.Ordinal)) throw Error(_position, "an escape in a string", "plain text");
        _position = end + 1;
        return value;
    }

    private bool AcceptWord(string word)
    {
        SkipBlanks();
        if (string.CompareOrdinal(text, _position, word, 0, word.Length) != 0) return false;
        _position += word.Length;
        return true;
    }

    private bool Accept(char c)
    {
        if (Peek() != c) return false;
        _position++;
        return true;
    }

    private void Expect(char c)
    {
        if (!Accept(c)) throw Unexpected($"'{c}'");
    }

    // The next character that is not blank, or '\0' at the end.
    private char Peek()
    {
        SkipBlanks();
        return _position < text.Length ? text[_position] : '\0';
    }

    private void SkipBlanks()
    {
        while (_position < text.Length && text[_position] is ' ' or '\n' or '\t' or '\r') _position++;
    }

    private InvalidDataException Missing(string key) => Error(0, $"a header without '{key}'", "'descr', 'fortran_order' and 'shape'");

    private InvalidDataException Unexpected(string expected) =>
        Error(_position, _position < text.Length ? $"the character {FilePlace.Quote(text[_position].ToString())}" : "the end of the header", expected);

    private InvalidDataException Error(int at, string given, string expected, string mend = "Save it again with numpy.save.") =>
        place.Error(offset + at, given, expected, mend);
}
