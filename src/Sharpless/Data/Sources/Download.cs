using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace Sharpless.Data.Sources;

/// <summary>Fetches a published file over HTTP. What a broken connection has left is gone on with the next time.</summary>
internal static class Download
{
    // A server that sends nothing for so long is gone.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly HttpClient Http = new() { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>Fetches those of a set's files that are not in a folder, or are damaged there.</summary>
    /// <param name="files">What and from where.</param>
    /// <param name="folder">Made if need be.</param>
    /// <param name="check">Compares a file in the folder with what is known of it.</param>
    /// <param name="byHand">The line to type once the files were fetched by other means.</param>
    /// <param name="progress">Told what is being done.</param>
    /// <param name="cancel">Stops; what came so far is kept.</param>
    /// <exception cref="FailureException">As for <see cref="Fetch"/>.</exception>
    public static void FetchMissing(
        IReadOnlyList<DownloadFile> files,
        string folder,
        Func<DownloadFile, FileCheck> check,
        string byHand,
        IProgress<string>? progress,
        CancellationToken cancel
    )
    {
        foreach (DownloadFile file in files)
        {
            if (File.Exists(Path.Combine(folder, file.Known.Name)))
            {
                progress?.Report($"checking {file.Known.Name}");
                if (check(file).Passed) continue;
            }
            progress?.Report($"fetching {file.Address}");
            Fetch(file, folder, byHand, progress, cancel);
        }
    }

    /// <summary>Fetches a file into a folder, under its published name; until it is whole and checked it has the ending <c>.part</c>.</summary>
    /// <param name="file">What and from where.</param>
    /// <param name="folder">Made if need be.</param>
    /// <param name="byHand">The line to type once the file was fetched by other means.</param>
    /// <param name="progress">Told the share, the throughput and the time left.</param>
    /// <param name="cancel">Stops; what came so far is kept.</param>
    /// <exception cref="FailureException">No answer, another answer than the file, a broken connection, or another file than the known one.</exception>
    public static void Fetch(DownloadFile file, string folder, string byHand, IProgress<string>? progress, CancellationToken cancel)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, file.Known.Name), part = PartOf(path);
        using (FileStream stream = OpenAlone(part))
        {
            if (stream.Length > file.Known.Bytes) stream.SetLength(0);
            if (stream.Length < file.Known.Bytes) Receive(file, stream, byHand, progress, cancel);
            progress?.Report($"checking {file.Known.Name}");
            stream.Position = 0;
            string found = Convert.ToHexStringLower(SHA256.HashData(stream));
            if (stream.Length != file.Known.Bytes || found != file.Known.Sha256)
            {
                File.Delete(part);
                throw new FailureException($"{file.Address} sent {stream.Length} bytes with SHA-256 {found}; the published file has {file.Known.Bytes} bytes and {file.Known.Sha256}. It was removed.",
                    $"Try again; if this stays, the server has changed the file. Another copy is taken with: {byHand}");
            }
            stream.Flush(flushToDisk: true);
            File.Move(part, path, overwrite: true);
        }
    }

    /// <summary>Where a file is until it is whole and checked.</summary>
    public static string PartOf(string path) => path + ".part";

    private static FileStream OpenAlone(string part)
    {
        try
        {
            return new FileStream(part, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (File.Exists(part))
        {
            throw new FailureException($"Another process is fetching {part}.", "Wait until it is done, then try again.", error);
        }
    }

    private static void Receive(DownloadFile file, FileStream part, string byHand, IProgress<string>? progress, CancellationToken cancel)
    {
        try
        {
            ReceiveAsync(file, part, byHand, progress, cancel).GetAwaiter().GetResult();
        }
        catch (Exception error) when (error is HttpRequestException or IOException || (error is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            part.Flush();
            string why = error is OperationCanceledException ? $"nothing came for {Patience.TotalSeconds:0} seconds" : error.Message;
            throw new FailureException($"Fetching {file.Address} broke off after {part.Length} of {file.Known.Bytes} bytes: {why}.",
                $"Run the same command again: it goes on from there. Or fetch the file by other means, then: {byHand}", error);
        }
    }

    private static async Task ReceiveAsync(DownloadFile file, FileStream part, string byHand, IProgress<string>? progress, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(Patience);
        using var request = new HttpRequestMessage(HttpMethod.Get, file.Address);
        if (part.Length > 0) request.Headers.Range = new RangeHeaderValue(part.Length, null);
        using HttpResponseMessage response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token).ConfigureAwait(false);

        bool goesOn = response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange?.From == part.Length;
        if (!goesOn && response.StatusCode != HttpStatusCode.OK)
            throw new FailureException($"{file.Address} answered {(int)response.StatusCode} {response.StatusCode}.", $"Fetch the file by other means, then: {byHand}");
        // A server that knows no ranges sends the whole file, from its beginning.
        if (!goesOn) part.SetLength(0);
        part.Position = part.Length;

        Stream content = await response.Content.ReadAsStreamAsync(patience.Token).ConfigureAwait(false);
        await using (content.ConfigureAwait(false))
        {
            var block = new byte[1 << 17];
            var told = new Told(file.Known, part.Length, progress);
            for (int count; (count = await content.ReadAsync(block, patience.Token).ConfigureAwait(false)) > 0;)
            {
                // What is longer than the known file is another file: it is not let fill the disk.
                if (part.Length + count > file.Known.Bytes) throw new FailureException($"{file.Address} sends more than the {file.Known.Bytes} bytes of the published file.", $"Fetch the file by other means, then: {byHand}");
                await part.WriteAsync(block.AsMemory(0, count), patience.Token).ConfigureAwait(false);
                patience.CancelAfter(Patience);
                told.Report(part.Length);
            }
        }
        if (part.Length < file.Known.Bytes) throw new IOException("the server closed the connection");
    }

    // A line for every tenth of the file.
    private sealed class Told(KnownFile file, long start, IProgress<string>? progress)
    {
        private readonly long _started = Stopwatch.GetTimestamp();
        private long _tenths = start * 10 / file.Bytes;

        public void Report(long bytes)
        {
            if (bytes * 10 / file.Bytes == _tenths) return;
            _tenths = bytes * 10 / file.Bytes;
            double rate = (bytes - start) / Math.Max(1e-3, Stopwatch.GetElapsedTime(_started).TotalSeconds);
            progress?.Report(string.Create(CultureInfo.InvariantCulture, $"fetching {file.Name}: {_tenths * 10} %, {rate / 1e6:0.0} MB/s, {(file.Bytes - bytes) / rate:0} s left"));
        }
    }
}
