/** The UNet of Stable Diffusion XL: three resolutions, two residual blocks each, transformers over a text's context. */
import {
  type AttentionShape,
  attention,
  conv,
  crossAttention,
  gelu,
  groupNorm,
  layerNorm,
  linear,
  reshape,
  silu,
  transpose,
} from './layers';
import { Network } from './network';

export interface Unet {
  /** Side of the latent picture. */
  side: number;
  /** Channels at the highest resolution; the lower ones have 2 and 4 times as many. */
  width: number;
  /** Transformer layers at each resolution. */
  depths: readonly [number, number, number];
  contextRows: number;
  contextWidth: number;
  /** Width of the added conditions. */
  labels: number;
}

const headWidth = 64;

export function unet({ side, width, depths, contextRows, contextWidth, labels }: Unet): Network {
  const net = new Network('unet');
  const embed = width * 4;
  const latents = net.input('latents', 'float16', [1, 4, side, side]);
  const time = net.input('time', 'float16', [1, width]);
  const context = net.input('context', 'float16', [1, contextRows, contextWidth]);
  const label = net.input('labels', 'float16', [1, labels]);
  const embedded = (name: string, x: string, from: number) =>
    linear(net, `${name}.2`, silu(net, linear(net, `${name}.1`, x, from, embed)), embed, embed);
  const condition = silu(net, net.op('Add', [embedded('time', time, width), embedded('label', label, labels)]));

  const residual = (name: string, x: string, from: number, to: number, at: number): string => {
    let y = conv(net, `${name}.conv1`, silu(net, groupNorm(net, `${name}.norm1`, x, from, at)), {
      from,
      to,
      kernel: 3,
    });
    y = net.op('Add', [y, reshape(net, linear(net, `${name}.time`, condition, embed, to), [1, to, 1, 1])]);
    y = conv(net, `${name}.conv2`, silu(net, groupNorm(net, `${name}.norm2`, y, to, at)), { from: to, to, kernel: 3 });
    const short = from === to ? x : conv(net, `${name}.short`, x, { from, to, kernel: 1 });
    return net.op('Add', [y, short]);
  };

  const transformer = (name: string, x: string, channels: number, at: number, depth: number): string => {
    if (depth === 0) return x;
    const rows = at * at;
    const heads = channels / headWidth;
    let y = reshape(net, groupNorm(net, `${name}.norm`, x, channels, at), [1, channels, rows]);
    y = linear(net, `${name}.in`, transpose(net, y, 0, 2, 1), channels, channels);
    for (let i = 0; i < depth; i++) {
      const attend = (part: string, overRows: number, mix: (normal: string, shape: AttentionShape) => string): void => {
        const normal = layerNorm(net, `${name}.${i}.${part}.norm`, y, channels);
        const mixed = mix(normal, { heads, headWidth, rows, contextRows: overRows });
        y = net.op('Add', [y, linear(net, `${name}.${i}.${part}.out`, mixed, channels, channels)]);
      };
      const plain = (to: string, from: string) => linear(net, `${name}.${i}.${to}`, from, channels, channels, false);
      attend('self', rows, (normal, shape) =>
        attention(net, [plain('self.q', normal), plain('self.k', normal), plain('self.v', normal)], shape),
      );
      attend('cross', contextRows, (normal, shape) =>
        crossAttention(
          net,
          `${name}.${i}.cross`,
          plain('cross.q', normal),
          { name: context, width: contextWidth },
          shape,
        ),
      );
      const normal = layerNorm(net, `${name}.${i}.norm`, y, channels);
      const wide = linear(net, `${name}.${i}.up`, normal, channels, channels * 8);
      const parts = [`${name}.${i}.value`, `${name}.${i}.gate`] as const;
      const halves = net.constant([channels * 4, channels * 4], 'int64');
      net.ops('Split', [wide, halves], { axis: { int: -1 } }, parts);
      const gated = net.op('Mul', [parts[0], gelu(net, parts[1])]);
      y = net.op('Add', [y, linear(net, `${name}.${i}.down`, gated, channels * 4, channels)]);
    }
    y = transpose(net, linear(net, `${name}.out`, y, channels, channels), 0, 2, 1);
    return net.op('Add', [x, reshape(net, y, [1, channels, at, at])]);
  };

  let x = conv(net, 'in', latents, { from: 4, to: width, kernel: 3 });
  let channels = width;
  let at = side;
  const skips = [{ x, channels }];
  for (const [level, depth] of depths.entries()) {
    const to = width << level;
    for (let i = 0; i < 2; i++) {
      x = residual(`down${level}.${i}`, x, channels, to, at);
      x = transformer(`down${level}.${i}.text`, x, to, at, depth);
      channels = to;
      skips.push({ x, channels });
    }
    if (level === depths.length - 1) break;
    x = conv(net, `down${level}.half`, x, { from: to, to, kernel: 3, stride: 2 });
    at /= 2;
    skips.push({ x, channels });
  }
  x = residual('middle.0', x, channels, channels, at);
  x = transformer('middle.text', x, channels, at, depths[2]);
  x = residual('middle.1', x, channels, channels, at);
  for (const level of [2, 1, 0]) {
    const to = width << level;
    for (let i = 0; i < 3; i++) {
      const skip = skips.pop() ?? { x, channels };
      const joined = net.op('Concat', [x, skip.x], { axis: { int: 1 } });
      x = residual(`up${level}.${i}`, joined, channels + skip.channels, to, at);
      x = transformer(`up${level}.${i}.text`, x, to, at, depths[level] ?? 0);
      channels = to;
    }
    if (level === 0) break;
    at *= 2;
    const scales = net.constant([1, 1, 2, 2], 'float32');
    x = net.op('Resize', [x, '', scales]);
    x = conv(net, `up${level}.double`, x, { from: to, to, kernel: 3 });
  }
  x = silu(net, groupNorm(net, 'norm', x, width, side));
  net.output(conv(net, 'out', x, { from: width, to: 4, kernel: 3 }), 'noise', 'float16', [1, 4, side, side]);
  return net;
}
