# SPDX-License-Identifier: MIT
"""Settings of small models, one of every kind of part: what `model-trace --small` makes."""

COMMON = ["data.target=image", "data.steps=19", "data.blank_steps=2", "encoder.layers=14", "encoder.readouts=9",
          "decoder=linear", "decoder.window=11", "seed=5"]
SMALL = {
    "dense": [],
    "published gain": ["neuron.gain=published"],
    "two layers, adaptive": ["encoder.layers=[14, 9]", "neuron.adaptation_strength=0.5",
                             "neuron.adaptation_tau_us=30000"],
    "learnt times": ["neuron.learn_tau=all", "learning.tau_learning_rate=0.001"],
    "learnt traces, adaptive": ["neuron.learn_tau=traces", "learning.tau_learning_rate=0.001",
                                "neuron.adaptation_strength=0.3", "neuron.adaptation_tau_us=20000"],
    "convolutions": ["encoder.layers=[conv4k3s1p1m2, conv3k3s2p1, 8]"],
    "convolution with learnt times": ["encoder.layers=[conv4k3s2p1]", "neuron.learn_tau=all",
                                      "learning.tau_learning_rate=0.001"],
    "no hidden layer": ["encoder.layers=[]"],
    "joined": ["encoder.skip=true"],
    "lateral": ["readout.feedback=lateral", "readout.feedback_bases=2"],
    "no feedback": ["readout.feedback_bases=0"],
    "filters of one step": ["readout.filter_steps=1", "readout.bases=1"],
    "learnt filters": ["readout.learns_filters=true"],
    "gaussian readout": ["readout.type=gaussian", "learning.estimator=straight-through", "readout.feedback_bases=0"],
    "packets": ["channel.type=packets", "channel.probability=0.3"],
    "mlp": ["decoder=mlp", "decoder.hidden=13"],
    "conv": ["decoder=conv"],
    "conv2d": ["decoder=conv2d"],
    "rates": ["decoder=mlp", "decoder.hidden=13", "decoder.coding=rate"],
    "first spikes": ["decoder=linear", "decoder.coding=first"],
    "classes": ["data.target=class"],
    "gaussian head": ["decoder.head=gaussian"],
    "counts": ["encoder.type=counts", "encoder.bins=4", "encoder.layers=[]", "decoder.window=0", "data.blank_steps=0"],
}
