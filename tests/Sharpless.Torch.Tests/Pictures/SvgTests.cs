using System.Net;
using System.Net.Sockets;
using Sharpless.Torch.Pictures;

namespace Sharpless.Torch.Tests.Pictures;

public class SvgTests
{
    [Fact]
    public void A_drawing_fills_its_pixels()
    {
        // The left half red, half transparent; the upper right quarter blue; the rest empty.
        Picture picture = Draw("""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4">
              <rect width="2" height="4" fill="#ff0000" fill-opacity="0.6"/><rect x="2" width="2" height="2" fill="#0000ff"/>
            </svg>
            """, 8, 8);
        Assert.Equal((8, 8), (picture.Width, picture.Height));
        Assert.Equal([255, 0, 0, 153], Pixel(picture, 3, 7));
        Assert.Equal([0, 0, 255, 255], Pixel(picture, 4, 0));
        Assert.Equal([0, 0, 0, 0], Pixel(picture, 4, 4));
    }

    [Fact]
    public void A_drawing_keeps_its_proportions()
    {
        Picture picture = Draw("""<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"><rect width="20" height="10" fill="lime"/></svg>""", 8, 8);
        Assert.Equal(0, Pixel(picture, 0, 1)[3]);
        Assert.Equal([0, 255, 0, 255], Pixel(picture, 0, 2));
        Assert.Equal([0, 255, 0, 255], Pixel(picture, 7, 5));
        Assert.Equal(0, Pixel(picture, 7, 6)[3]);
    }

    // SERVER stands for a server that waits on this machine, FOLDER for the folder of colour.png. Without the fence most of these are fetched.
    [Theory]
    [InlineData("""<image width="4" height="4" href="SERVER/a.png"/>""", "<image>")]
    [InlineData("""<image width="4" height="4" xlink:href="FOLDER/colour.png"/>""", "<image>")]
    [InlineData("""<filter id="f"><feImage href="SERVER/a.png"/></filter><rect width="4" height="4" filter="url(#f)"/>""", "<feImage>")]
    [InlineData("""<use href="SERVER/a.svg#part"/>""", "SERVER/a.svg#part")]
    [InlineData("""<use xlink:href="FOLDER/a.svg#part"/>""", "FOLDER/a.svg#part")]
    [InlineData("""<use href="a.svg#part"/>""", "a.svg#part")]
    [InlineData("""<linearGradient id="g" href="SERVER/a.svg#g"/><rect width="4" height="4" fill="url(#g)"/>""", "SERVER/a.svg#g")]
    [InlineData("""<rect width="4" height="4" fill="url(SERVER/a.svg#g)"/>""", "SERVER/a.svg#g")]
    [InlineData("""<rect width="4" height="4" fill="URL( 'SERVER/a.svg#g' )"/>""", "SERVER/a.svg#g")]
    [InlineData("""<rect width="4" height="4" style="fill:url(#a) url(FOLDER/a.svg#g)"/>""", "FOLDER/a.svg#g")]
    [InlineData("""<rect width="4" height="4" style="fill:u\72l(SERVER/a.svg#g)"/>""", "SERVER/a.svg#g")]
    [InlineData("<style>@import url(SERVER/a.css);</style>", "<style>")]
    [InlineData("""<style>@font-face{font-family:a;src:url(SERVER/a.ttf)}</style><text font-family="a">a</text>""", "<style>")]
    [InlineData("""<text y="4">a</text>""", "<text>")]
    [InlineData("""<foreignObject width="4" height="4"/>""", "<foreignObject>")]
    public void What_lies_outside_the_drawing_is_not_loaded(string inside, string named)
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        string text = Outside($"""<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 4 4">{inside}</svg>""", server);
        string message = Assert.Throws<InvalidDataException>(() => Draw(text, 4, 4)).Message;
        Assert.False(server.Pending());
        Assert.StartsWith("a.svg, byte 0: an SVG drawing with ", message, StringComparison.Ordinal);
        Assert.Contains(Outside(named, server), message, StringComparison.Ordinal);
        Assert.Contains("; expected shapes that are drawn from the file alone. ", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""<?xml-stylesheet type="text/css" href="SERVER/a.css"?>""", "", "a style sheet outside of the drawing")]
    [InlineData("""<!DOCTYPE svg [<!ENTITY a SYSTEM "SERVER/a.txt">]>""", "&a;", "entity 'a'")]
    [InlineData("""<!DOCTYPE svg [<!ENTITY a SYSTEM "FOLDER/make.py">]>""", "&a;", "entity 'a'")]
    [InlineData("""<!DOCTYPE svg [<!ENTITY a "b"><!ENTITY c "&a;&a;">]>""", "&c;", "entity 'c'")]
    public void Nor_is_what_stands_before_the_drawing(string before, string inside, string named)
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        string text = Outside($"""{before}<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4">{inside}</svg>""", server);
        Assert.Contains(named, Assert.Throws<InvalidDataException>(() => Draw(text, 4, 4)).Message, StringComparison.Ordinal);
        Assert.False(server.Pending());
    }

    [Fact]
    public void What_shows_nothing_is_passed_over()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        Picture picture = Draw(Outside("""
            <!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "SERVER/svg11.dtd">
            <svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:o="urn:other" viewBox="0 0 4 4" xml:base="SERVER/" o:export="C:\a">
              <title>a</title><metadata><o:work o:at="SERVER"/></metadata><script href="SERVER/a.js"/><o:view><image href="SERVER/a.png"/></o:view>
              <a xlink:href="SERVER/"><rect id="r" width="4" height="4" fill="red" data-name="url(SERVER)"><animate href="SERVER" attributeName="x" to="9"/></rect></a>
            </svg>
            """, server), 4, 4);
        Assert.Equal([255, 0, 0, 255], Pixel(picture, 2, 2));
        Assert.False(server.Pending());
    }

    [Fact]
    public void Parts_are_drawn_where_the_drawing_refers_to_them()
    {
        Picture picture = Draw("""
            <svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 4 4">
              <defs><rect id="half" width="2" height="4"/><clipPath id="upper"><path d="M0 0h4v2H0z"/></clipPath>
              <linearGradient id="blue"><stop stop-color="#00f"/></linearGradient><linearGradient id="same" xlink:href="#blue"/></defs>
              <use href="#half" fill="#f00" clip-path="url(#upper)"/><use xlink:href="#half" x="2" style="fill:url('#same')"/>
            </svg>
            """, 4, 4);
        Assert.Equal([255, 0, 0, 255], Pixel(picture, 0, 0));
        Assert.Equal([0, 0, 0, 0], Pixel(picture, 0, 3));
        Assert.Equal([0, 0, 255, 255], Pixel(picture, 3, 3));
    }

    [Theory]
    [InlineData("deep", "parts nested more than 100 deep"), InlineData("chain", "parts nested more than 100 deep")]
    [InlineData("growth", "more than 50000 elements"), InlineData("circle", "a part that contains itself")]
    [InlineData("pattern", "a part that contains itself"), InlineData("twins", "a part that contains itself")]
    public void What_would_never_end_is_refused(string kind, string problem)
    {
        static string Repeat(int count, Func<int, string> part) => string.Concat(Enumerable.Range(1, count).Select(part));
        string inside = kind switch
        {
            "deep" => Repeat(100_000, _ => "<g>") + Repeat(100_000, _ => "</g>"),
            "chain" => """<rect id="a0" width="1" height="1"/>""" + Repeat(50_000, i => $"""<g id="a{i}"><use href="#a{i - 1}"/></g>"""),
            "growth" => """<rect id="a0" width="1" height="1"/>""" + Repeat(20, i => $"""<g id="a{i}"><use href="#a{i - 1}"/><path mask="url(#a{i - 1})"/></g>"""),
            "circle" => """<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>""",
            "pattern" => """<pattern id="p" width="1" height="1"><rect width="1" height="1" style="fill:url(#p)"/></pattern>""",
            _ => """<rect id="a" width="1" height="1"/><g id="a"><use href="#a"/></g>""",
        };
        string message = Assert.Throws<InvalidDataException>(() => Draw($"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4">{inside}</svg>""", 4, 4)).Message;
        Assert.Contains($"an SVG drawing with {problem}", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""<svg xmlns="http://www.w3.org/2000/svg"/>"""), InlineData("""<svg xmlns="http://www.w3.org/2000/svg" width="4" height="100%"/>""")]
    public void A_drawing_without_a_size_is_refused(string text) =>
        Assert.Contains("with no size; ", Assert.Throws<InvalidDataException>(() => Draw(text, 4, 4)).Message, StringComparison.Ordinal);

    [Fact]
    public void Too_many_pixels_are_refused_before_memory_is_taken() =>
        Assert.Contains("a picture of 100000x100000; expected 1 to 67108864 pixels", Assert.Throws<InvalidDataException>(() => Draw("", 100_000, 100_000)).Message, StringComparison.Ordinal);

    [Theory, InlineData(""), InlineData("<svg"), InlineData("<html/>"), InlineData("no drawing")]
    public void What_is_no_drawing_is_refused_in_one_line(string text)
    {
        string message = Assert.Throws<InvalidDataException>(() => Draw(text, 4, 4)).Message;
        Assert.StartsWith("a.svg, byte 0: SVG data that cannot be decoded", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    private static string Outside(string text, TcpListener server) => text
        .Replace("SERVER", $"http://{server.LocalEndpoint}", StringComparison.Ordinal)
        .Replace("FOLDER", new Uri(Path.GetFullPath(Files.Golden.PathOf(Path.Combine("..", "data")))).AbsoluteUri, StringComparison.Ordinal);

    private static Picture Draw(string text, int width, int height) => Svg.Draw(System.Text.Encoding.UTF8.GetBytes(text), width, height, "a.svg");

    private static byte[] Pixel(Picture picture, int x, int y) => picture.Rgba[((y * picture.Width + x) * 4)..((y * picture.Width + x) * 4 + 4)];
}
