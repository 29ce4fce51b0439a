---@meta burin
-- burin.lua: the language of specs for editors: the Lua language server (LuaLS) completes its words and shows what is said here. No spec
-- reads it. tests/cli/types.sh holds it against the language, both ways; models/README.md has the formulas and their sources.

---- tensors ----

---A value in a graph. `+ - * / ^` take tensors and numbers; shapes broadcast as in NumPy. Axes count from 1, or from the end: -1.
---@class Tensor
---@field shape integer[] its sizes
---@field rank integer how many sizes it has
---@operator add(Tensor|number): Tensor
---@operator sub(Tensor|number): Tensor
---@operator mul(Tensor|number): Tensor
---@operator div(Tensor|number): Tensor
---@operator pow(Tensor|number): Tensor
---@operator unm: Tensor
local Tensor = {}

---What stands for a tensor: a data set is a batch of its images.
---@alias TensorLike Tensor|DataSet

---|x| of each element
---@return Tensor
function Tensor:abs() end
---1, 0 or -1 for each element
---@return Tensor
function Tensor:sign() end
---The largest whole number not above each element
---@return Tensor
function Tensor:floor() end
---e^x of each element
---@return Tensor
function Tensor:exp() end
---Natural logarithm of each element
---@return Tensor
function Tensor:log() end
---log(1 + x) of each element, exact near 0
---@return Tensor
function Tensor:log1p() end
---e^x - 1 of each element, exact near 0
---@return Tensor
function Tensor:expm1() end
---Square root of each element
---@return Tensor
function Tensor:sqrt() end
---1 / sqrt(x) of each element
---@return Tensor
function Tensor:rsqrt() end
---Sine of each element
---@return Tensor
function Tensor:sin() end
---Cosine of each element
---@return Tensor
function Tensor:cos() end
---Hyperbolic tangent of each element
---@return Tensor
function Tensor:tanh() end
---1 / (1 + e^-x) of each element
---@return Tensor
function Tensor:sigmoid() end
---log(1 + e^x) of each element
---@return Tensor
function Tensor:softplus() end
---The error function of each element
---@return Tensor
function Tensor:erf() end
---max(x, 0) of each element
---@return Tensor
function Tensor:relu() end
---x > 0 ? x : slope x, of each element
---@param slope number
---@return Tensor
function Tensor:leaky_relu(slope) end
---e^x / sum e^x over the last axis
---@return Tensor
function Tensor:softmax() end
---The larger of each pair
---@param y Tensor|number
---@return Tensor
function Tensor:max(y) end
---The smaller of each pair
---@param y Tensor|number
---@return Tensor
function Tensor:min(y) end
---x^y of each pair
---@param y Tensor|number
---@return Tensor
function Tensor:pow(y) end
---1 where x < y, else 0
---@param y Tensor|number
---@return Tensor
function Tensor:lt(y) end
---1 where x <= y, else 0
---@param y Tensor|number
---@return Tensor
function Tensor:le(y) end
---1 where x = y, else 0
---@param y Tensor|number
---@return Tensor
function Tensor:eq(y) end
---a where this is not 0, else b
---@param a Tensor|number
---@param b Tensor|number
---@return Tensor
function Tensor:where(a, b) end
---Sum over the axes, which stay with size 1; over all when none are given: one number
---@param axes? integer[]
---@return Tensor
function Tensor:sum(axes) end
---Mean over the axes, which stay with size 1; over all when none are given: one number
---@param axes? integer[]
---@return Tensor
function Tensor:mean(axes) end
---Largest element over the axes, which stay with size 1; over all when none are given: one number
---@param axes? integer[]
---@return Tensor
function Tensor:highest(axes) end
---The same elements in the same order; one size may be -1
---@param sizes integer[]
---@return Tensor
function Tensor:reshape(sizes) end
---Axes in another order
---@param axes integer[]
---@return Tensor
function Tensor:transpose(axes) end
---A part: lists with one number for each axis; both ends belong to it
---@param first integer[]
---@param last? integer[]
---@param step? integer[]
---@return Tensor
function Tensor:slice(first, last, step) end
---Zeros around, and between elements: so many for each axis
---@param before integer[]
---@param after integer[]
---@param between? integer[]
---@return Tensor
function Tensor:pad(before, after, between) end
---Sizes of 1 repeated
---@param sizes integer[]
---@return Tensor
function Tensor:broadcast(sizes) end
---(...,M,K) x (...,K,N) -> (...,M,N); a flag transposes
---@param y Tensor
---@param tx? boolean
---@param ty? boolean
---@return Tensor
function Tensor:matmul(y, tx, ty) end
---Labels (N) -> (N,k): 1 where the column is the label
---@param k integer
---@return Tensor
function Tensor:one_hot(k) end
---The same, through which no gradient passes
---@return Tensor
function Tensor:stop() end

---- globals ----

---A value that `--set name=value` changes for a run
---@generic T: number|string|boolean
---@param name string
---@param preset T what it is when not set; what is set has its type, and a whole number stays whole
---@param help? string what it is
---@param choices? T[] all that it may be
---@return T
function option(name, preset, help, choices) end

---x, through which no gradient passes
---@param x TensorLike
---@return Tensor
function stop(x) end

---dy/dx of a number y: a tensor of x's shape; for a list of tensors, a list. It can be differentiated again
---@overload fun(y: Tensor, x: Tensor[]): Tensor[]
---@param y Tensor
---@param x Tensor
---@return Tensor
function grad(y, x) end

---Tensors side by side along an axis
---@param list Tensor[]
---@param axis integer
---@return Tensor
function concat(list, axis) end

---0, 1, 2, ... along the axis
---@param shape integer[]
---@param axis integer
---@return Tensor
function iota(shape, axis) end

---- random numbers: new at each step, the same for the same seed ----

random = {}

---N(0,1): random.normal{sizes}
---@param sizes integer[]
---@return Tensor
function random.normal(sizes) end

---@class burin.random.uniform
---@field [integer] integer sizes
---@field lo? number 0
---@field hi? number 1

---U(lo, hi): random.uniform{sizes, lo = 0, hi = 1}
---@param o burin.random.uniform
---@return Tensor
function random.uniform(o) end

---- nets ----

---A layer, to be put into nn.sequential
---@class Layer
---@field param? fun(self: Layer, o: burin.param) makes a parameter; for setup
---@field state? fun(self: Layer, o: burin.state) makes what persists without being trained; for setup
---@field read? fun(self: Layer, name: string): Tensor a parameter or a state as a tensor
---@field update? fun(self: Layer, name: string, x: Tensor) gives a state a new value

---@class burin.state
---@field [1] string its name
---@field shape integer[]
---@field init? Init init.constant(0)

---@class burin.param
---@field [1] string its name
---@field shape integer[]
---@field init? Init init.fan_in()
---@field fan? integer[] {in, out}: how many numbers one output is made of, and the other way round
---@field perm? integer[] the order of its axes in checkpoints

---A net: net(x) is as in training
---@class Net
---@overload fun(x: TensorLike): Tensor
local Net = {}

---With running statistics, without dropout
---@param x TensorLike
---@return Tensor
function Net:eval(x) end

---eval with the moving averages that an optimiser keeps (ema = 0.999)
---@param x TensorLike
---@return Tensor
function Net:averaged(x) end

---Its parameters, after the first call
---@return table[]
function Net:parameters() end

nn = {}

---A net of layers, whose parameters are called `name`.0.weight and so on; without a name, several layers as one layer
---@overload fun(layers: (Layer|Net)[]): Layer
---@param name string
---@param layers (Layer|Net)[]
---@return Net
function nn.sequential(name, layers) end

---x + f(x): He et al. 2016, section 3.1
---@param layers (Layer|Net)[]
---@return Layer
function nn.residual(layers) end

---x and f(x) side by side, as channels: Ronneberger et al. 2015
---@param layers (Layer|Net)[]
---@return Layer
function nn.skip(layers) end

---- layers: linear and convolutions ----

---@class burin.nn.linear
---@field [1]? integer out
---@field out? integer columns of the result
---@field bias? boolean true
---@field init? Init of the weight; preset init.fan_in()

---(N,I) -> (N,out): x W + b
---@param o burin.nn.linear
---@return Layer
function nn.linear(o) end

---@class burin.nn.conv2d
---@field [1]? integer out
---@field out? integer channels of the result
---@field kernel integer|integer[] height and width
---@field stride? integer|integer[] 1
---@field padding? integer|integer[] 0
---@field bias? boolean true
---@field init? Init of the weight; preset init.fan_in()

---(N,H,W,I) -> (N,H',W',out), H' = (H + 2p - k) // s + 1
---@param o burin.nn.conv2d
---@return Layer
function nn.conv2d(o) end

---@class burin.nn.conv_transpose2d: burin.nn.conv2d
---@field output_padding? integer|integer[] 0

---(N,H,W,I) -> (N,H',W',out), H' = (H - 1) s - 2p + k + output_padding: Dumoulin and Visin 2016, chapter 4
---@param o burin.nn.conv_transpose2d
---@return Layer
function nn.conv_transpose2d(o) end

---@class burin.nn.embedding
---@field classes integer rows of the table
---@field out integer columns of it
---@field init? Init init.normal(0, 1)

---Labels (N) -> (N,out): rows of a table
---@param o burin.nn.embedding
---@return Layer
function nn.embedding(o) end

---- layers: activations, of each element ----

---max(x, 0)
---@param o table {}
---@return Layer
function nn.relu(o) end

---@class burin.nn.leaky_relu
---@field [1]? number slope
---@field slope? number 0.01

---x > 0 ? x : slope x: Maas et al. 2013
---@param o burin.nn.leaky_relu
---@return Layer
function nn.leaky_relu(o) end

---@class burin.nn.elu
---@field [1]? number alpha
---@field alpha? number 1

---x > 0 ? x : alpha (e^x - 1): Clevert et al. 2015
---@param o burin.nn.elu
---@return Layer
function nn.elu(o) end

---1.0507 (x > 0 ? x : 1.6733 (e^x - 1)): Klambauer et al. 2017
---@param o table {}
---@return Layer
function nn.selu(o) end

---x / (1 + e^-x): Elfwing et al. 2017
---@param o table {}
---@return Layer
function nn.silu(o) end

---x Phi(x), the exact form: Hendrycks and Gimpel 2016
---@param o table {}
---@return Layer
function nn.gelu(o) end

---Hyperbolic tangent
---@param o table {}
---@return Layer
function nn.tanh(o) end

---1 / (1 + e^-x)
---@param o table {}
---@return Layer
function nn.sigmoid(o) end

---log(1 + e^x)
---@param o table {}
---@return Layer
function nn.softplus(o) end

---e^x / sum e^x over the last axis
---@param o table {}
---@return Layer
function nn.softmax(o) end

---- layers: normalisation ----

---@class burin.nn.batch_norm
---@field momentum? number 0.1: how much of the new statistics goes into the running ones
---@field eps? number 1e-5
---@field affine? boolean true: a weight and a bias for each channel
---@field init? Init of the weight; preset init.constant(1)

---Mean 0 and variance 1 of each channel over all other axes: Ioffe and Szegedy 2015, algorithm 1
---@param o burin.nn.batch_norm
---@return Layer
function nn.batch_norm(o) end

---@class burin.nn.layer_norm
---@field eps? number 1e-5
---@field affine? boolean true: a weight and a bias for each channel

---Mean 0 and variance 1 over the last axis: Ba et al. 2016
---@param o burin.nn.layer_norm
---@return Layer
function nn.layer_norm(o) end

---@class burin.nn.group_norm
---@field [1]? integer groups
---@field groups? integer groups of channels
---@field eps? number 1e-5
---@field affine? boolean true: a weight and a bias for each channel

---Mean 0 and variance 1 over H, W and a group's channels of each image: Wu and He 2018
---@param o burin.nn.group_norm
---@return Layer
function nn.group_norm(o) end

---@class burin.nn.instance_norm
---@field eps? number 1e-5
---@field affine? boolean false: a weight and a bias for each channel

---Mean 0 and variance 1 over H and W of each image and channel: Ulyanov et al. 2016
---@param o burin.nn.instance_norm
---@return Layer
function nn.instance_norm(o) end

---The layer with its weight divided by the weight's largest singular value: Miyato et al. 2018, algorithm 1
---@param l Layer linear or a convolution
---@return Layer
function nn.spectral_norm(l) end

---- layers: shapes, pooling, the rest ----

---(N,H,W,C) -> (N,C H W), in PyTorch's order of elements
---@param o table {}
---@return Layer
function nn.flatten(o) end

---@class burin.nn.reshape
---@field [1]? integer[] sizes
---@field sizes? integer[] without the batch; one may be -1

---Rows -> images {H, W, C}, the inverse of flatten; other shapes in the order of memory
---@param o burin.nn.reshape
---@return Layer
function nn.reshape(o) end

---@class burin.nn.max_pool2d
---@field [1]? integer|integer[] kernel
---@field kernel? integer|integer[] height and width
---@field stride? integer|integer[] the kernel's

---The largest of each window: (N,H,W,C) -> (N,(H-k)//s+1,(W-k)//s+1,C)
---@param o burin.nn.max_pool2d
---@return Layer
function nn.max_pool2d(o) end

---@class burin.nn.avg_pool2d
---@field [1]? integer|integer[] kernel
---@field kernel? integer|integer[] height and width
---@field stride? integer|integer[] the kernel's

---The mean of each window: (N,H,W,C) -> (N,(H-k)//s+1,(W-k)//s+1,C)
---@param o burin.nn.avg_pool2d
---@return Layer
function nn.avg_pool2d(o) end

---The mean of each channel: (N,H,W,C) -> (N,C)
---@param o table {}
---@return Layer
function nn.global_avg_pool(o) end

---@class burin.nn.upsample_nearest
---@field [1]? integer factor
---@field factor? integer 2

---Each pixel repeated: (N,H,W,C) -> (N,fH,fW,C)
---@param o burin.nn.upsample_nearest
---@return Layer
function nn.upsample_nearest(o) end

---@class burin.nn.dropout
---@field [1]? number p
---@field p? number 0.5

---In training 0 with probability p, else x / (1 - p): Srivastava et al. 2014
---@param o burin.nn.dropout
---@return Layer
function nn.dropout(o) end

---Any function of a tensor as a layer
---@param f fun(x: Tensor, train: boolean): Tensor
---@param text? string what the layer table calls it
---@return Layer
function nn.func(f, text) end

---@class burin.methods
---@field setup? fun(self: Layer, shape: integer[]) makes parameters, once, for an input of this shape
---@field forward fun(self: Layer, x: Tensor, train: boolean): Tensor
---@field text? string what the layer table calls it

---A layer of the spec's own, with parameters
---@param kind string
---@param methods burin.methods
---@return Layer
function nn.layer(kind, methods) end

---- losses: the mean over all elements, one number ----

loss = {}

---Binary cross-entropy of probabilities: -(t log p + (1-t) log(1-p))
---@param p TensorLike
---@param t TensorLike|number
---@return Tensor
function loss.bce(p, t) end

---Binary cross-entropy of what a sigmoid would make probabilities of: softplus(x) - t x
---@param x TensorLike
---@param t TensorLike|number
---@return Tensor
function loss.bce_logits(x, t) end

---(x - t)^2
---@param x TensorLike
---@param t TensorLike|number
---@return Tensor
function loss.mse(x, t) end

---|x - t|
---@param x TensorLike
---@param t TensorLike|number
---@return Tensor
function loss.l1(x, t) end

---log softmax(x)[label], negated
---@param x Tensor (N,K)
---@param labels Tensor (N)
---@return Tensor
function loss.cross_entropy(x, labels) end

---Share of rows whose largest element is the label's; to report, no gradient
---@param x Tensor (N,K)
---@param labels Tensor (N)
---@return Tensor
function loss.accuracy(x, labels) end

---The critic's: max(1 - D(x), 0) + max(1 + D(G(z)), 0): Lim and Ye 2017, section 3
---@param real Tensor D(x)
---@param fake Tensor D(G(z))
---@return Tensor
function loss.hinge_d(real, fake) end

---The generator's: -D(G(z)): Lim and Ye 2017, section 3
---@param fake Tensor D(G(z))
---@return Tensor
function loss.hinge_g(fake) end

---The critic's: D(G(z)) - D(x): Arjovsky et al. 2017, algorithm 1
---@param real Tensor D(x)
---@param fake Tensor D(G(z))
---@return Tensor
function loss.wasserstein(real, fake) end

---(|dD/dx| - 1)^2 at random points between real and fake ones: Gulrajani et al. 2017, algorithm 1
---@param D Net|fun(x: Tensor): Tensor
---@param real TensorLike
---@param fake TensorLike
---@return Tensor
function loss.gradient_penalty(D, real, fake) end

---|dD/dx|^2 at real ones; to be multiplied by gamma / 2: Mescheder et al. 2018, equation 9
---@param D Net|fun(x: Tensor): Tensor
---@param real TensorLike
---@return Tensor
function loss.r1(D, real) end

---- optimisers, as PyTorch's ----

---@class Optimiser

optim = {}

---@class burin.optim
---@field lr number|Schedule learning rate
---@field clip? number the gradients are scaled so that their norm all together is at most this
---@field ema? number decay of moving averages of the parameters, for net:averaged(x)
---@field weight_decay? number 0; adamw: 0.01

---@class burin.optim.sgd: burin.optim
---@field momentum? number 0
---@field nesterov? boolean false

---Stochastic gradient descent: Sutskever et al. 2013, section 2
---@param o burin.optim.sgd
---@return Optimiser
function optim.sgd(o) end

---@class burin.optim.adam: burin.optim
---@field betas? number[] {0.9, 0.999}
---@field eps? number 1e-8

---Kingma and Ba 2015, algorithm 1
---@param o burin.optim.adam
---@return Optimiser
function optim.adam(o) end

---@class burin.optim.adamw: burin.optim.adam

---Adam with weight decay apart from the gradient: Loshchilov and Hutter 2019, algorithm 2
---@param o burin.optim.adamw
---@return Optimiser
function optim.adamw(o) end

---@class burin.optim.rmsprop: burin.optim
---@field alpha? number 0.99
---@field eps? number 1e-8

---The gradient over the root of the mean of its squares: Tieleman and Hinton 2012
---@param o burin.optim.rmsprop
---@return Optimiser
function optim.rmsprop(o) end

---- schedules, for lr; k is the number of the training step, from 0 ----

---@alias Schedule fun(): number|Tensor

schedule = {}

---@class burin.schedule.constant
---@field [1]? number from
---@field from? number

---Always the same
---@param o burin.schedule.constant
---@return Schedule
function schedule.constant(o) end

---@class burin.schedule.linear
---@field [1]? number from
---@field from? number
---@field to? number 0
---@field steps integer

---A straight line in so many steps, then `to`
---@param o burin.schedule.linear
---@return Schedule
function schedule.linear(o) end

---@class burin.schedule.cosine
---@field [1]? number from
---@field from? number
---@field to? number 0
---@field steps integer

---Half a cosine in so many steps, then `to`: Loshchilov and Hutter 2017, equation 5
---@param o burin.schedule.cosine
---@return Schedule
function schedule.cosine(o) end

---@class burin.schedule.step
---@field [1]? number from
---@field from? number
---@field factor? number 0.1
---@field every integer

---from * factor^floor(k / every)
---@param o burin.schedule.step
---@return Schedule
function schedule.step(o) end

---@class burin.schedule.warmup
---@field [1]? number|Schedule to
---@field to? number|Schedule
---@field steps integer

---`to`, times min((k + 1) / steps, 1): Goyal et al. 2017, section 2.2
---@param o burin.schedule.warmup
---@return Schedule
function schedule.warmup(o) end

---- initialisers, for init = ----

---@alias Init table|fun(fan_in: integer, fan_out: integer): table

init = {}

---N(mean, std^2)
---@param mean? number 0
---@param std? number 1
---@return Init
function init.normal(mean, std) end

---U(lo, hi)
---@param lo? number 0
---@param hi? number 1
---@return Init
function init.uniform(lo, hi) end

---The same for all
---@param v? number 0
---@return Init
function init.constant(v) end

---U(+-sqrt(6 / (fan_in + fan_out))): Glorot and Bengio 2010, section 4.2
---@return Init
function init.xavier() end

---N(0, 2 / (fan_in (1 + slope^2))): He et al. 2015, section 2.2
---@param slope? number 0: of the leaky_relu that follows
---@return Init
function init.he(slope) end

---U(+-1 / sqrt(fan_in)): the preset of linear and convolutions
---@return Init
function init.fan_in() end

---- data ----

---A batch of images wherever a tensor is expected
---@class DataSet
---@field images Tensor (N,H,W,C)
---@field labels Tensor (N)
---@field batch integer
---@field height integer
---@field width integer
---@field channels integer
---@field classes integer where it is known: how many labels there are

data = {}

---@class burin.data
---@field batch integer images in a batch
---@field range? number[] {0, 1}: what bytes 0 to 255 become

---@class burin.data.mnist: burin.data

---60,000 digits (28,28,1) in 10 classes: LeCun et al. 1998
---@param o burin.data.mnist
---@return DataSet
function data.mnist(o) end

---@class burin.data.fashion_mnist: burin.data

---60,000 pictures of clothes (28,28,1) in 10 classes: Xiao et al. 2017
---@param o burin.data.fashion_mnist
---@return DataSet
function data.fashion_mnist(o) end

---@class burin.data.idx: burin.data
---@field images string file of images (N,H,W) or (N,H,W,C), plain or gzip
---@field labels? string file of labels (N)
---@field shape? integer[] {H, W, C}: then the file is needed for training only

---IDX files of bytes, the format of MNIST
---@param o burin.data.idx
---@return DataSet
function data.idx(o) end

---@class burin.data.images: burin.data
---@field dir string folder of PNG and JPEG files; the folders in it are the classes
---@field size integer|integer[] of the images, or {height, width}: pictures are cut at their middle and resized
---@field channels? integer 3: RGB; 1: gray
---@field classes? integer how many there are; checked

---A folder of pictures of any size
---@param o burin.data.images
---@return DataSet
function data.images(o) end

---- what a spec returns ----

---@class burin.step
---@field minimize Tensor a loss: one number
---@field params Net|Net[] what is trained
---@field with Optimiser
---@field name? string what the loss is called in logs and plots
---@field report? table {name = tensor, ...} or {{name, tensor}, ...}: what else to show

---@class burin.spec
---@field steps (fun(k: integer): burin.step)[] the parts of one training step, in order
---@field samples? fun(): Tensor images (N,H,W,C), drawn after each epoch
---@field range? number[] {-1, 1}: which values of samples are black and white
---@field epochs? integer 20
---@field precision? "fp32"|"tf32"|"bf16" what matrix products and convolutions multiply
