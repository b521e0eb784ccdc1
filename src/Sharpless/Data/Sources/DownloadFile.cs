namespace Sharpless.Data.Sources;

/// <summary>A file that the makers of a data set publish on a server of their own.</summary>
/// <param name="Address">Where, http or https; the checksum guards against changes on the way.</param>
/// <param name="Known">Its name, size and checksum, as it is published (compressed, if it is).</param>
internal sealed record DownloadFile(Uri Address, KnownFile Known);
