using System.Runtime.InteropServices;
using System.Text;

namespace Sharpless.Torch;

internal static partial class Native
{
    internal static unsafe ScriptHandle LoadScript(string path, Device device, IReadOnlyList<string> watched)
    {
        byte[][] names = [.. watched.Select(name => Encoding.UTF8.GetBytes(name + '\0'))];
        GCHandle[] pins = Array.ConvertAll(names, name => GCHandle.Alloc(name, GCHandleType.Pinned));
        try
        {
            nint[] pointers = Array.ConvertAll(pins, pin => pin.AddrOfPinnedObject());
            fixed (nint* first = pointers)
            fixed (byte* file = Encoding.UTF8.GetBytes(path + '\0'))
            {
                ThrowIfFailed(sharpless_script_load(file, device.NativeType, device.Index, first, names.Length, out ScriptHandle script));
                return script;
            }
        }
        finally
        {
            foreach (GCHandle pin in pins) pin.Free();
        }
    }

    internal static unsafe void RunScript(ScriptHandle script, TensorHandle images, Span<nint> outputs)
    {
        fixed (nint* first = outputs) ThrowIfFailed(sharpless_script_run(script, images, first));
    }

    [LibraryImport(Library)]
    internal static partial void sharpless_script_free(nint script);

    [LibraryImport(Library)]
    private static unsafe partial int sharpless_script_load(byte* path, int deviceType, int deviceIndex, nint* watched, int count, out ScriptHandle script);

    [LibraryImport(Library)]
    private static unsafe partial int sharpless_script_run(ScriptHandle script, TensorHandle images, nint* outputs);
}
