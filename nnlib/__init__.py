"""nnlib: a small neural-network library that reads like the lecture.

Read it in this order; each file is one idea.

    activations     σ and σ'
    losses          what is minimised, and where the 1/m of the mean lives
    backprop        the lecture's forward and backward pass, on lists of W and b
    initialisation  random starts
    layers          the same two passes as objects
    normalization   of the features, and of every a_i (BatchNorm)
    connections     layers one after the other, residual, dense
    network         all of it, and the loss
    optimizers      gradient descent with momentum, step-size schedules
    data            digits, made sets, mini-batches
    train           epochs, a record, a progress bar
    gradcheck       is the gradient right?
"""

from nnlib.activations import ACTIVATIONS as ACTIVATIONS
from nnlib.connections import Dense as Dense
from nnlib.connections import Residual as Residual
from nnlib.connections import Sequential as Sequential
from nnlib.data import load_digits as load_digits
from nnlib.data import minibatches as minibatches
from nnlib.data import one_hot as one_hot
from nnlib.data import split as split
from nnlib.gradcheck import check_layer as check_layer
from nnlib.gradcheck import check_network as check_network
from nnlib.layers import FullyConnected as FullyConnected
from nnlib.losses import SoftmaxCrossEntropy as SoftmaxCrossEntropy
from nnlib.losses import SquaredError as SquaredError
from nnlib.network import Network as Network
from nnlib.network import fully_connected as fully_connected
from nnlib.normalization import PCA as PCA
from nnlib.normalization import BatchNorm as BatchNorm
from nnlib.normalization import UnitScaling as UnitScaling
from nnlib.optimizers import SGD as SGD
from nnlib.train import fit as fit
