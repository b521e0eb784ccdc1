using Sharpless.Contrastive;

namespace Sharpless.Tests.Contrastive;

/// <summary>What Python 3.11 prints for <c>repr(text.encode())</c>.</summary>
public class PythonBytesTests
{
    [Theory]
    [InlineData("A dog runs.", "b'A dog runs.'")]
    [InlineData("it's", "b\"it's\"")]
    [InlineData("\"a\"", "b'\"a\"'")]
    [InlineData("it's \"a\"", "b'it\\'s \"a\"'")]
    [InlineData("caf\u00e9", "b'caf\\xc3\\xa9'")]
    [InlineData("a\tb\nc\rd\\e\0\u007f", "b'a\\tb\\nc\\rd\\\\e\\x00\\x7f'")]
    [InlineData("", "b''")]
    [InlineData("\ud83d\ude00", "b'\\xf0\\x9f\\x98\\x80'")]
    public void Texts_are_printed_as_python_does(string text, string expected) => Assert.Equal(expected, PythonBytes.Literal(text));
}
