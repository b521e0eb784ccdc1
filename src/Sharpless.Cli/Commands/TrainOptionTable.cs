using Sharpless.Cli.Hosting;
using Sharpless.Training;

namespace Sharpless.Cli.Commands;

/// <summary>Options of the command line beside what each of them sets in <see cref="TrainOptions"/>.</summary>
internal sealed class TrainOptionTable : OptionTable<TrainOptions>;
