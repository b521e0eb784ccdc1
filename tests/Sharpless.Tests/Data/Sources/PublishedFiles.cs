using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Sharpless.Data.Sources;

namespace Sharpless.Tests.Data.Sources;

/// <summary>A server on this machine that publishes files, and behaves as badly as it is told to.</summary>
internal sealed class PublishedFiles : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly string _address;

    public PublishedFiles(byte[] content)
    {
        Content = content;
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            _address = $"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}/";
        }
        _listener.Prefixes.Add(_address);
        _listener.Start();
        _ = Task.Run(Serve);
    }

    /// <summary>Of every file that is not among <see cref="Others"/>.</summary>
    public byte[] Content { get; set; }

    /// <summary>Contents by file name.</summary>
    public Dictionary<string, byte[]> Others { get; } = [];

    /// <summary>Breaks the connection after so many bytes of an answer.</summary>
    public int? BreaksAfter { get; set; }

    public bool KnowsRanges { get; set; } = true;

    public int Status { get; set; } = 200;

    /// <summary>The Range header of each request, "" for none.</summary>
    public List<string> Requests { get; } = [];

    public DownloadFile File(string name) =>
        new(new Uri(_address + name), Known(name, Others.GetValueOrDefault(name, Content)));

    public static KnownFile Known(string name, byte[] content) => new(name, content.Length, Convert.ToHexStringLower(SHA256.HashData(content)));

    public void Dispose() => _listener.Close();

    private async Task Serve()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception error) when (error is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
            Answer(context);
        }
    }

    private void Answer(HttpListenerContext context)
    {
        string range = context.Request.Headers["Range"] ?? "";
        Requests.Add(range);
        HttpListenerResponse response = context.Response;
        byte[] content = Others.GetValueOrDefault(context.Request.Url!.AbsolutePath[1..], Content);
        int start = 0;
        response.StatusCode = Status;
        if (KnowsRanges && range.Length > 0)
        {
            start = int.Parse(range["bytes=".Length..^1], System.Globalization.CultureInfo.InvariantCulture);
            response.StatusCode = 206;
            response.Headers["Content-Range"] = $"bytes {start}-{content.Length - 1}/{content.Length}";
        }
        byte[] body = content[start..];
        response.ContentLength64 = body.Length;
        if (BreaksAfter is { } most && most < body.Length)
        {
            response.OutputStream.Write(body, 0, most);
            response.OutputStream.Flush();
            response.Abort();
            return;
        }
        response.OutputStream.Write(body);
        response.Close();
    }
}
