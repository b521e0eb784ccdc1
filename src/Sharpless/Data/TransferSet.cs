namespace Sharpless.Data;

/// <summary>In which data set the nearest-neighbour error of a network is measured: the published program takes another one than it trained on.</summary>
/// <remarks>
/// arXiv:2305.16292's code takes CIFAR-100 for a network trained on CIFAR-10, and CIFAR-10 for all others. Grey images cannot be compared with those, and
/// of a data set of the user's own nothing is known: their neighbours are looked for in the set itself. See docs/decisions/0004.
/// </remarks>
public static class TransferSet
{
    /// <summary>Stands for the data set that is trained on.</summary>
    public const string Same = "same";

    /// <summary>Where the neighbours are looked for unless a data set is named.</summary>
    /// <param name="dataSet">The data set that is trained on, as on the command line.</param>
    /// <returns>A name of <see cref="DataSets"/>, or <see cref="Same"/>.</returns>
    public static string Of(string dataSet) =>
        DataSets.Known.FirstOrDefault(set => set.Name == dataSet || set.Aliases.Contains(dataSet))?.Name switch
        {
            "cifar10" => "cifar100",
            "cifar100" or "tiny_imagenet" or "svhn" or "cifar10_horse_car" or "cifar10_dog_cat" => "cifar10",
            _ => Same,
        };
}
