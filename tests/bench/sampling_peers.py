#!/usr/bin/env python3
"""The generator alone, as sampling runs it (running statistics, no gradients), in PyTorch and in ONNX Runtime (peer.py says how
it is asked). The noise is drawn once, to the peers' advantage: Burin draws new noise for each call."""
import peer
import torch
from torch_nets import generator, prepare_device, prepared

args = peer.arguments("tuned", "compiled", "autotuned", "onnx")
prepare_device(args)
G = generator(peer.NETS[args.net], peer.NOISE).eval().to(args.device)
z = torch.randn(args.batch, peer.NOISE, 1, 1, device=args.device)


def session(module):
    """An ONNX Runtime session of the net, its graph made layer by layer."""
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    nodes, weights, x = [], [], "z"

    def node(op, *tensors, **attributes):
        nonlocal x
        names = [f"w{len(weights) + k}" for k in range(len(tensors))]
        weights.extend(numpy_helper.from_array(t.detach().numpy(), n) for t, n in zip(tensors, names))
        nodes.append(helper.make_node(op, [x, *names], [f"x{len(nodes)}"], **attributes))
        x = nodes[-1].output[0]

    for layer in module:
        if isinstance(layer, torch.nn.ConvTranspose2d):
            node("ConvTranspose", layer.weight, kernel_shape=layer.kernel_size, strides=layer.stride, pads=layer.padding * 2)
        elif isinstance(layer, torch.nn.BatchNorm2d):
            node("BatchNormalization", layer.weight, layer.bias, layer.running_mean, layer.running_var, epsilon=layer.eps)
        elif isinstance(layer, torch.nn.LeakyReLU):
            node("LeakyRelu", alpha=layer.negative_slope)
        else:
            node({"ReLU": "Relu", "Tanh": "Tanh"}[type(layer).__name__])
    tensors = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in (("z", list(z.shape)), (x, None))]
    model = helper.make_model(helper.make_graph(nodes, "generator", tensors[:1], tensors[1:], weights), ir_version=10,
                              opset_imports=[helper.make_opsetid("", 17)])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = args.threads
    made = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return made, "ONNX Runtime " + onnxruntime.__version__


with torch.inference_mode():
    if args.way == "onnx":
        run, name = session(G)
        fed = {"z": z.numpy()}
        far = abs(run.run(None, fed)[0] - G(z).numpy()).max()
        assert far < 1e-4, f"ONNX Runtime's images are {far} away from PyTorch's"
        peer.serve(name, args.batch, args.seconds, lambda k: run.run(None, fed))
    else:
        run = prepared(G, args.way)

        def draw(k):
            images = run(z)
            if args.device == "cuda":
                torch.cuda.synchronize()
            return images

        peer.serve("PyTorch " + torch.__version__, args.batch, args.seconds, draw)
