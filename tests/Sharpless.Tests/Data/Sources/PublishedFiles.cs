using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Sharpless.Data.Sources;

namespace Sharpless.Tests.Data.Sources;

/// <summary>A server on this machine that publishes one file, and behaves as badly as it is told to.</summary>
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

    public byte[] Content { get; set; }

    /// <summary>Breaks the connection after so many bytes of an answer.</summary>
    public int? BreaksAfter { get; set; }

    public bool KnowsRanges { get; set; } = true;

    public int Status { get; set; } = 200;

    /// <summary>The Range header of each request, "" for none.</summary>
    public List<string> Requests { get; } = [];

    public DownloadFile File(string name) => new(new Uri(_address + name), Known(name, Content));

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
        int start = 0;
        response.StatusCode = Status;
        if (KnowsRanges && range.Length > 0)
        {
            start = int.Parse(range["bytes=".Length..^1], System.Globalization.CultureInfo.InvariantCulture);
            response.StatusCode = 206;
            response.Headers["Content-Range"] = $"bytes {start}-{Content.Length - 1}/{Content.Length}";
        }
        byte[] body = Content[start..];
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
