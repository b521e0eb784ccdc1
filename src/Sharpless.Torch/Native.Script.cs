using System.Runtime.InteropServices;
using System.Text;

namespace Sharpless.Torch;

internal static partial class Native
{
    internal static unsafe ScriptHandle LoadScript(string path, Device device)
    {
        fixed (byte* file = Encoding.UTF8.GetBytes(path + '\0'))
        {
            ThrowIfFailed(sharpless_script_load(file, device.NativeType, device.Index, out ScriptHandle script));
            return script;
        }
    }

    internal static nint RunScript(ScriptHandle script, TensorHandle images)
    {
        ThrowIfFailed(sharpless_script_run(script, images, out nint output));
        return output;
    }

    [LibraryImport(Library)]
    internal static partial void sharpless_script_free(nint script);

    [LibraryImport(Library)]
    private static unsafe partial int sharpless_script_load(
        byte* path, int deviceType, int deviceIndex, out ScriptHandle script);

    [LibraryImport(Library)]
    private static partial int sharpless_script_run(ScriptHandle script, TensorHandle images, out nint output);
}
