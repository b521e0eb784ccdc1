using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace Sharpless.Tests.Conventions;

/// <summary>The public and protected members of an assembly as text: types by name, members by name below them, one a line.</summary>
internal static class PublicApi
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    internal static string Of(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (Type type in assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            text.Append(Heading(type)).Append('\n');
            foreach (string member in Members(type).Order(StringComparer.Ordinal)) text.Append("    ").Append(member).Append('\n');
            text.Append('\n');
        }

        return text.ToString();
    }

    private static string Heading(Type type)
    {
        string kind = type.IsEnum ? "enum"
            : typeof(Delegate).IsAssignableFrom(type) ? "delegate"
            : type.IsInterface ? "interface"
            : type.IsValueType ? "struct"
            : type.IsAbstract && type.IsSealed ? "static class"
            : type.IsAbstract ? "abstract class"
            : type.IsSealed ? "sealed class" : "class";
        IEnumerable<string> bases = (type.BaseType is { } parent && parent != typeof(object) && !type.IsValueType ? [TypeName.Of(parent)] : Array.Empty<string>())
            .Concat(type.IsEnum ? [] : type.GetInterfaces().Where(item => item.IsVisible).Select(TypeName.Of).Order(StringComparer.Ordinal));
        string after = string.Join(", ", bases);
        return $"{kind} {type.Namespace}.{TypeName.Of(type)}{(after.Length > 0 ? " : " + after : "")}";
    }

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum)
        {
            foreach (string name in Enum.GetNames(type)) yield return $"{name} = {Convert.ToInt64(Enum.Parse(type, name), System.Globalization.CultureInfo.InvariantCulture)}";
            yield break;
        }

        foreach (FieldInfo field in type.GetFields(Declared).Where(field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly))
            yield return $"{field.Name} : {Modifier(field.IsFamily)}{(field.IsLiteral ? "const " : field.IsStatic ? "static " : "")}{TypeName.Of(field.FieldType)}";
        foreach (PropertyInfo property in type.GetProperties(Declared))
        {
            if (Visible(property.GetMethod) || Visible(property.SetMethod)) yield return Property(property);
        }

        foreach (ConstructorInfo constructor in type.GetConstructors(Declared).Where(Visible)) yield return $".ctor({Parameters(constructor)}){(constructor.IsFamily ? " : protected" : "")}";
        foreach (MethodInfo method in type.GetMethods(Declared).Where(Visible))
        {
            // Accessors belong to their properties; what a record adds by itself is no decision of ours.
            if (Array.Exists(type.GetProperties(Declared), property => property.GetMethod == method || property.SetMethod == method)) continue;
            if (!method.IsDefined(typeof(CompilerGeneratedAttribute))) yield return Method(method);
        }
    }

    private static string Property(PropertyInfo property)
    {
        MethodInfo first = property.GetMethod ?? property.SetMethod!;
        string index = property.GetIndexParameters() is { Length: > 0 } indices ? $"[{string.Join(", ", indices.Select(Parameter))}]" : "";
        bool isInit = property.SetMethod?.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) == true;
        string set = Visible(property.SetMethod) ? isInit ? " init;" : " set;" : "";
        string required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";
        return $"{property.Name}{index} : {Modifier(first.IsFamily)}{Kind(first)}{required}{TypeName.Of(property.PropertyType)}{Null(property)} {{{(Visible(property.GetMethod) ? " get;" : "")}{set} }}";
    }

    private static string Method(MethodInfo method)
    {
        string generic = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(TypeName.Of))}>" : "";
        return $"{method.Name}{generic}({Parameters(method)}) : {Modifier(method.IsFamily)}{Kind(method)}{TypeName.Of(method.ReturnType)}{Null(method.ReturnParameter)}";
    }

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(Parameter));

    private static string Parameter(ParameterInfo parameter)
    {
        string passing = parameter.IsOut ? "out " : parameter.ParameterType.IsByRef ? "ref " : parameter.IsDefined(typeof(ParamArrayAttribute)) ? "params " : "";
        string fallback = parameter.HasDefaultValue ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $" = {parameter.RawDefaultValue ?? "default"}") : "";
        return $"{passing}{TypeName.Of(parameter.ParameterType)}{Null(parameter)} {parameter.Name}{fallback}";
    }

    private static string Null(PropertyInfo property) => Mark(property.PropertyType, new NullabilityInfoContext().Create(property).ReadState);

    private static string Null(ParameterInfo parameter) => Mark(parameter.ParameterType, new NullabilityInfoContext().Create(parameter).ReadState);

    private static string Mark(Type type, NullabilityState state) => !type.IsValueType && state == NullabilityState.Nullable ? "?" : "";

    private static string Modifier(bool isProtected) => isProtected ? "protected " : "";

    private static string Kind(MethodInfo method) =>
        method.IsStatic ? "static " : method.IsAbstract ? "abstract " : method.GetBaseDefinition() != method ? "override " : method is { IsVirtual: true, IsFinal: false } ? "virtual " : "";

    private static bool Visible(MethodBase? method) => method is not null && (method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly);
}
