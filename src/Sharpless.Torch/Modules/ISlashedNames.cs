namespace Sharpless.Torch.Modules;

/// <summary>A module between whose name and the names inside it stands a slash, as in published files of JAX, not a dot.</summary>
public interface ISlashedNames;
