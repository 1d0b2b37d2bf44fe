# SPDX-License-Identifier: MIT
"""The network and rule in JAX: peer_jax.py FOLDER THREADS.

One compiled function a step, buffers are given back to it, what is sequential is a scan; inputs are dense products.
"""
import os
import sys

os.environ["XLA_FLAGS"] = f"--xla_cpu_multi_thread_eigen={'true' if int(sys.argv[2]) > 1 else 'false'}"
os.environ["JAX_PLATFORMS"] = "cpu"
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:int(sys.argv[2])])  # XLA uses as many threads as cores

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from common import Case, serve

UNROLL = 8


@partial(jax.custom_vjp, nondiff_argnums=(1,))
def spike(u, slope):
    """(5), (8)"""
    return (u >= 0).astype(u.dtype)


spike.defvjp(lambda u, slope: (spike(u, slope), u), lambda slope, u, g: (g / (slope * jnp.abs(u) + 1) ** 2,))


class Peer:
    def __init__(self, case):
        self.case = case
        self.p = {name: jnp.array(value) for name, value in case.before.items() if "feedback." not in name}
        k = case.readout_filters.shape[0]
        self.filters = jnp.array(case.readout_filters.transpose(1, 2, 0).reshape(case.steps, case.steps * k))
        self.membrane, self.own = jnp.array(case.membrane), jnp.array(case.own_filter)
        self.logit = float(np.log(case.prior / (1 - case.prior)))
        self.x, self.targets = jnp.array(case.x), jnp.array(case.targets)
        self.moments = (jax.tree.map(jnp.zeros_like, self.p), jax.tree.map(jnp.zeros_like, self.p), jnp.zeros(()))
        self.key = jax.random.key(1, impl="unsafe_rbg")
        self.update = jax.jit(self.step, donate_argnums=(0, 1))
        self.readout_of = jax.jit(lambda p, x, key: self.encoded(p, x, None, key))
        self.stream_step = jax.jit(self.one_step, donate_argnums=(1,))
        self.state = None

    def refractory(self, u):
        """(3), (5), not differentiated: R of every step; u (T, B, NH)."""
        c = self.case

        def turn(r, now):
            return c.decay * r - c.refractory_gain * (now + r >= 0), r

        return jax.lax.scan(turn, jnp.zeros_like(u[0]), u, unroll=UNROLL)[1]

    def sample(self, p, u, key):
        """(9), (10), not differentiated; u (T, B, NY)."""
        c, f = self.case, p["encoder.readout.feedback"][:, 0]
        taps = jnp.array(c.own_taps)

        def turn(past, now):
            potential, noise = now
            y = (noise < jax.nn.sigmoid(potential + f * jnp.tensordot(taps, past, 1))).astype(u.dtype)
            return jnp.concatenate((y[None], past[:-1])), y

        noise = jax.random.uniform(key, u.shape)
        return jax.lax.scan(turn, jnp.zeros((c.taps, *u.shape[1:])), (u, noise), unroll=UNROLL)[1]

    def encoded(self, p, x, y, key):
        c = self.case
        u = self.membrane @ (x @ p["encoder.hidden.0.weight"].T) + p["encoder.hidden.0.bias"]
        r = self.refractory(jax.lax.stop_gradient(u).swapaxes(0, 1)).swapaxes(0, 1)
        h = spike(u + jax.lax.stop_gradient(r), c.slope)
        v = p["encoder.readout.weight"]
        z = h @ v.transpose(1, 2, 0).reshape(v.shape[1], -1)
        u = self.filters @ z.reshape(x.shape[0], -1, v.shape[0]) + p["encoder.readout.bias"]
        if y is None:
            y = jax.lax.stop_gradient(self.sample(p, u.swapaxes(0, 1), key).swapaxes(0, 1))
        return u + p["encoder.readout.feedback"][:, 0] * (self.own @ y), y

    def decoded(self, p, y):
        def affine(values, name):
            return values @ p[f"decoder.{name}.weight"].T + p[f"decoder.{name}.bias"]

        def convolution(values, name):
            kernels, order = p[f"decoder.{name}.weight"], ("NCH", "OIH", "NCH")
            maps = jax.lax.conv_general_dilated(values, kernels, (2,), [(1, 1)], dimension_numbers=order)
            return maps + p[f"decoder.{name}.bias"][:, None]

        if "decoder.fc1.weight" in p:
            return affine(jax.nn.relu(affine(y.reshape(y.shape[0], -1), "fc1")), "fc2")
        maps = jax.nn.relu(convolution(convolution(y, "conv1"), "conv2"))
        return affine(maps.reshape(y.shape[0], -1), "fc")

    def loss(self, p, x, targets, y, key):
        """(18), (19), (21)"""
        c = self.case
        u, y = self.encoded(p, x, y, key)
        q = jax.nn.sigmoid(u)
        z = self.decoded(p, q + jax.lax.stop_gradient(y - q))
        distortion = (jax.nn.softplus(z) - targets * z).mean()
        rate = (q * (u - self.logit) - jax.nn.softplus(u) - float(np.log(1 - c.prior))).mean()
        return distortion + c.beta * rate

    def step(self, p, moments, x, targets, key):
        """Adam: rate 1e-3, decays 0.9 and 0.999."""
        gradients = jax.grad(self.loss)(p, x, targets, None, key)
        first, second, count = moments
        count = count + 1
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradients)
        second = jax.tree.map(lambda m, g: 0.999 * m + 0.001 * g * g, second, gradients)
        scale = jnp.sqrt(1 - 0.999**count) / (1 - 0.9**count)
        p = jax.tree.map(lambda w, m, s: w - 1e-3 * scale * m / (jnp.sqrt(s) + 1e-8), p, first, second)
        return p, (first, second, count)

    def check(self):
        loss, gradients = jax.value_and_grad(self.loss)(self.p, self.x, self.targets, jnp.array(self.case.y), self.key)
        return float(loss), {name: np.array(value) for name, value in gradients.items()}

    def next_key(self):
        self.key, key = jax.random.split(self.key)
        return key

    def train(self):
        self.p, self.moments = self.update(self.p, self.moments, self.x, self.targets, self.next_key())
        jax.block_until_ready(self.p)

    def encode(self):
        jax.block_until_ready(self.readout_of(self.p, self.x, self.next_key()))

    def one_step(self, p, state, x):
        """One step of one example."""
        c = self.case
        q, m, r, past, own, key = state
        m = c.membrane_decay * m + (1 - c.membrane_decay) * q
        q = c.synaptic_decay * q + (1 - c.synaptic_decay) * (p["encoder.hidden.0.weight"] @ x)
        h = (m + p["encoder.hidden.0.bias"] + r >= 0).astype(x.dtype)
        r = c.decay * r - c.refractory_gain * h
        past = jnp.concatenate(((jnp.einsum("nhk,h->kn", p["encoder.readout.weight"], h))[None], past[:-1]))
        u = jnp.einsum("lk,lkn->n", jnp.array(c.basis.T), past) + p["encoder.readout.bias"]
        u = u + p["encoder.readout.feedback"][:, 0] * jnp.tensordot(jnp.array(c.own_taps), own, 1)
        key, now = jax.random.split(key)
        y = (jax.random.uniform(now, u.shape) < jax.nn.sigmoid(u)).astype(x.dtype)
        return q, m, r, past, jnp.concatenate((y[None], own[:-1])), key

    def stream(self):
        c = self.case
        if self.state is None:
            ny, nh, k = c.before["encoder.readout.weight"].shape
            zeros = jnp.zeros
            past, own, key = zeros((c.taps, k, ny)), zeros((c.taps, ny)), jax.random.key(2, impl="unsafe_rbg")
            self.state = (zeros(nh), zeros(nh), zeros(nh), past, own, key)
            self.rows, self.t = [jnp.array(c.x[0, t]) for t in range(c.steps)], 0
        self.state = self.stream_step(self.p, self.state, self.rows[self.t % c.steps])
        jax.block_until_ready(self.state)
        self.t += 1


if __name__ == "__main__":
    case = Case(sys.argv[1])
    print(f"JAX {jax.__version__}", flush=True)
    serve(Peer(case), case)
