/// <summary>
/// What a TorchSharp user writes: pre-activation ResNet-18 for small images of TorchSharp's own layers, and SAM tensor by tensor. For comparisons.
/// </summary>
internal sealed class PlainTorchSharp : IDisposable
{
    private readonly nn.Module<Tensor, Tensor> _model;
    private readonly Parameter[] _parameters;
    private readonly optim.Optimizer _sgd;
    private readonly ScalarType _type;

    internal PlainTorchSharp(int width, ScalarType type, double learningRate = 0.05)
    {
        manual_seed(0);
        _type = type;
        _model = new Network(width);
        _model.to(type);
        using (no_grad())
        {
            // Channels last, as the convolutions are fastest; as commonly written, normalization stays float32.
            foreach (Parameter weight in _model.parameters().Where(parameter => parameter.dim() == 4).ToArray())
            {
                using Tensor last = weight.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
                weight.set_(last);
            }
        }

        _parameters = [.. _model.parameters()];
        _sgd = optim.SGD(_parameters, learningRate, momentum: 0.9, weight_decay: 5e-4);
    }

    internal int Tensors => _parameters.Length;

    public void Dispose()
    {
        _sgd.Dispose();
        _model.Dispose();
    }

    internal void Step(Tensor images, Tensor labels, double rho)
    {
        using DisposeScope scope = NewDisposeScope();
        Backward(images, labels);
        if (rho != 0)
        {
            double norm = Perturb(rho, out Tensor[] moved);
            Backward(images, labels);
            Restore(moved);
        }

        _sgd.step();
    }

    /// <summary>w + rho g / |g|, tensor by tensor.</summary>
    internal double Perturb(double rho, out Tensor[] moved)
    {
        using IDisposable off = no_grad();
        using Tensor norms = stack(_parameters.Select(parameter => parameter.grad!.norm().to(ScalarType.Float32)));
        using Tensor whole = norms.norm();
        double norm = whole.item<float>();
        moved = [.. _parameters.Select(parameter => parameter.grad! * (rho / (norm + 1e-12)))];
        for (int i = 0; i < moved.Length; i++) _parameters[i].add_(moved[i]);
        return norm;
    }

    internal void Restore(Tensor[] moved)
    {
        using IDisposable off = no_grad();
        for (int i = 0; i < moved.Length; i++) _parameters[i].sub_(moved[i]);
    }

    internal void Backward(Tensor images, Tensor labels)
    {
        _sgd.zero_grad();
        nn.functional.cross_entropy(_model.forward(images.to(_type)).to(ScalarType.Float32), labels).backward();
    }

    private sealed class Network : nn.Module<Tensor, Tensor>
    {
        private readonly nn.Module<Tensor, Tensor> _stem, _norm, _head;
        private readonly List<PreActivation> _blocks = [];

        internal Network(int width)
            : base("network")
        {
            register_module("stem", _stem = nn.Conv2d(3, width, 3, padding: 1, bias: false));
            int inputs = width;
            foreach ((int outputs, int stride) in new[] { (width, 1), (width, 1), (2 * width, 2), (2 * width, 1), (4 * width, 2), (4 * width, 1), (8 * width, 2), (8 * width, 1) })
            {
                var block = new PreActivation(inputs, outputs, stride);
                register_module($"block{_blocks.Count}", block);
                _blocks.Add(block);
                inputs = outputs;
            }

            register_module("norm", _norm = nn.BatchNorm2d(inputs));
            register_module("head", _head = nn.Linear(inputs, 10));
        }

        protected override void RegisterComponents()
        {
        }

        public override Tensor forward(Tensor input)
        {
            Tensor x = _stem.forward(input);
            foreach (PreActivation block in _blocks) x = block.forward(x);
            return _head.forward(nn.functional.avg_pool2d(_norm.forward(x).relu(), 4).flatten(1));
        }
    }

    private sealed class PreActivation : nn.Module<Tensor, Tensor>
    {
        private readonly nn.Module<Tensor, Tensor> _norm1, _conv1, _norm2, _conv2;
        private readonly nn.Module<Tensor, Tensor>? _shortcut;

        internal PreActivation(int inputs, int outputs, int stride)
            : base("block")
        {
            register_module("bn1", _norm1 = nn.BatchNorm2d(inputs));
            register_module("conv1", _conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias: false));
            register_module("bn2", _norm2 = nn.BatchNorm2d(outputs));
            register_module("conv2", _conv2 = nn.Conv2d(outputs, outputs, 3, padding: 1, bias: false));
            if (stride != 1 || inputs != outputs) register_module("shortcut", _shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias: false));
        }

        protected override void RegisterComponents()
        {
        }

        public override Tensor forward(Tensor input)
        {
            Tensor activated = _norm1.forward(input).relu();
            Tensor shortcut = _shortcut?.forward(activated) ?? input;
            return _conv2.forward(_norm2.forward(_conv1.forward(activated)).relu()) + shortcut;
        }
    }
}
