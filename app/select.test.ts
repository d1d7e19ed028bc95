import { describe, expect, it } from 'vitest';
import { whyChosen, whyRefused } from '../words/engines';
import { wordsOf } from '../words/errors';
import { type EngineEntry, type ModelCard, targets } from './catalog';
import { exampleCard as card, exampleEntry, exampleGpu, hash } from './example.fixture';
import type { Fact, Gpu, Machine } from './machine';
import { keyOf, nameOf } from './race';
import { type EngineChoice, selectCandidates, selectDevice, selectEngine, selectRuntime } from './select';
import { targetsFor } from './targets';

const runtime = 'tensorrt-rtx 1.6.1';
const GiB = 2 ** 30;

const known = <T>(value: T): Fact<T> => ({ kind: 'known', value });
const unknown = (reason: string) => ({ kind: 'unknown', reason }) as const;

const gpu = (name: string, capability: string, memoryGiB: number, index = 0): Gpu => {
  const [major = 0, minor = 0] = capability.split('.').map(Number);
  // Drivers keep a little of a card's memory for themselves.
  const vramBytes = memoryGiB * GiB - 4_194_304;
  return {
    index,
    name,
    uuid: `GPU-${index}`,
    computeCapability: { major, minor },
    vramBytes,
    multiprocessors: 46,
    clockKhz: 2e6,
  };
};

const machine = (gpus: Gpu[], change: Partial<Machine> = {}): Machine => ({
  driver: known({ version: '580.159.04', cudaVersion: 13000 }),
  gpus: known(gpus),
  runtime: known(runtime),
  parser: known('/opt/refit/libtensorrt_onnxparser_rtx.so.1'),
  ...change,
});

const everyEngine: EngineEntry[] = card.profiles.flatMap(({ id }) =>
  targets.map((target) => ({ ...exampleEntry, profile: id, target })),
);
const pick = (of: Gpu, engines = everyEngine, from: ModelCard = card): EngineChoice =>
  selectEngine(of, runtime, from, { version: 1, engines });

const brief = (choice: EngineChoice): string =>
  choice.kind === 'engine' ? `${choice.choice.entry.target}/${choice.choice.profile.id}` : choice.reason.code;

/** What the app does with a machine: the code of a refusal, or target and profile. */
function outcome(of: Machine): string {
  const device = selectDevice(of);
  return device.kind === 'cpu' ? device.reason.code : brief(pick(device.gpu));
}

describe('over a table of GPUs', () => {
  it.each([
    ['NVIDIA GeForce GTX 980', '5.2', 4, 'GPU_TOO_OLD'],
    ['NVIDIA GeForce GTX 1080', '6.1', 8, 'GPU_TOO_OLD'],
    ['NVIDIA TITAN V', '7.0', 12, 'GPU_TOO_OLD'],
    ['Xavier', '7.2', 32, 'GPU_TOO_OLD'],
    ['NVIDIA GeForce GTX 1650', '7.5', 4, 'turing/tile-256'],
    ['NVIDIA GeForce GTX 1660', '7.5', 6, 'turing/tile-512'],
    ['NVIDIA GeForce RTX 2060', '7.5', 6, 'turing/tile-512'],
    ['NVIDIA GeForce RTX 2080 Ti', '7.5', 11, 'turing/tile-512'],
    ['NVIDIA A100-SXM4-80GB', '8.0', 80, 'portable/tile-512'],
    ['NVIDIA GeForce RTX 3050 Laptop GPU', '8.6', 4, 'ampere/tile-256'],
    ['NVIDIA GeForce RTX 3070', '8.6', 8, 'ampere/tile-512'],
    ['Orin', '8.7', 32, 'ENGINE_NONE'],
    ['NVIDIA GeForce RTX 4070 Laptop GPU', '8.9', 8, 'ada/tile-512'],
    ['NVIDIA GeForce RTX 4090', '8.9', 24, 'ada/tile-512'],
    ['NVIDIA H100 80GB HBM3', '9.0', 80, 'portable/tile-512'],
    ['NVIDIA B200', '10.0', 180, 'portable/tile-512'],
    ['NVIDIA Thor', '11.0', 120, 'ENGINE_NONE'],
    ['NVIDIA GeForce RTX 5090', '12.0', 32, 'portable/tile-512'],
    ['NVIDIA GB10', '12.1', 120, 'portable/tile-512'],
    ['a GPU that does not exist yet', '13.0', 24, 'portable/tile-512'],
    ['NVIDIA T1000 with little memory', '7.5', 1, 'GPU_TOO_SMALL'],
  ])('%s (%s, %i GB) gets %s', (name, capability, memory, expected) => {
    expect(outcome(machine([gpu(name, capability, memory)]))).toBe(expected);
  });
});

describe('of several GPUs', () => {
  const pascal = gpu('NVIDIA GeForce GTX 1080 Ti', '6.1', 11, 0);
  const turing = gpu('NVIDIA GeForce RTX 2080 Ti', '7.5', 11, 0);
  const ampere = gpu('NVIDIA GeForce RTX 3050', '8.6', 8, 1);
  const ada = gpu('NVIDIA GeForce RTX 4060', '8.9', 8, 1);
  const big = gpu('NVIDIA GeForce RTX 3090', '8.6', 24, 0);
  const orin = gpu('Orin', '8.7', 32, 1);

  it.each([
    ['takes the one that is served', [pascal, ada], ada],
    ['takes the one with more memory of two that are as fast', [ada, big], big],
    ['takes the one that CUDA numbers first of two alike', [{ ...ada, index: 2 }, ada], ada],
    ['takes Turing last', [turing, ampere], ampere],
    ['takes Turing where nothing newer is served', [turing, orin], turing],
  ])('%s', (_, gpus, expected) => {
    expect(selectDevice(machine(gpus))).toEqual({ kind: 'gpu', gpu: expected });
  });

  it.each([
    ['takes the one that the person wants', ada.uuid, ada],
    ['takes the best where the wanted one is not here', 'GPU-of-last-year', big],
    ['takes the best where no engine serves the wanted one', pascal.uuid, big],
  ])('%s', (_, wanted, expected) => {
    const gpus = [pascal, { ...big, uuid: 'GPU-big' }, ada];
    expect(selectDevice(machine(gpus), wanted)).toMatchObject({ kind: 'gpu', gpu: { name: expected.name } });
  });

  it('names the first when all are too old', () => {
    const device = selectDevice(machine([{ ...pascal, name: 'second', index: 1 }, pascal]));
    expect(device.kind === 'cpu' && device.reason.params).toEqual({ gpu: pascal.name });
  });
});

describe('what is missing is told in the order in which a person would mend it', () => {
  const steps: [string, string, Partial<Machine>][] = [
    ['the driver', 'DRIVER_MISSING', { driver: unknown('libcuda.so.1: cannot open shared object file') }],
    ['the GPU', 'GPU_NONE', { gpus: unknown('CUDA_ERROR_NO_DEVICE') }],
    ['an old GPU', 'GPU_TOO_OLD', { gpus: known([gpu('NVIDIA GeForce GTX 1080', '6.1', 8)]) }],
    ['an old driver', 'DRIVER_TOO_OLD', { driver: known({ version: '528.49', cudaVersion: 12000 }) }],
    ['the library', 'RUNTIME_MISSING', { runtime: unknown('tensorrt_rtx_1_6.dll: not found') }],
    ['the parser', 'RUNTIME_MISSING', { parser: unknown('tensorrt_onnxparser_rtx_1_6.dll: not found') }],
  ];

  it.each(steps.map(([name, code], i) => ({ name, code, i })))(
    'tells of $name before all that follows it',
    ({ code, i }) => {
      const change = Object.assign(
        {},
        ...steps
          .slice(i)
          .reverse()
          .map(([, , part]) => part),
      );
      const device = selectDevice(machine([exampleGpu], change));
      expect(device.kind === 'cpu' && device.reason.code).toBe(code);
    },
  );

  it('keeps the words of the system in the detail', () => {
    const device = selectDevice(machine([exampleGpu], { parser: unknown('libtensorrt_onnxparser_rtx.so.1: no') }));
    expect(device.kind === 'cpu' && device.reason.detail).toBe('libtensorrt_onnxparser_rtx.so.1: no');
  });

  it('counts an empty list of GPUs as none', () => {
    expect(outcome(machine([]))).toBe('GPU_NONE');
  });

  it('takes a driver that serves CUDA 12.8 and refuses the one before', () => {
    const driver = (cudaVersion: number) => ({ driver: known({ version: '570.10', cudaVersion }) });
    expect(selectDevice(machine([exampleGpu], driver(12080))).kind).toBe('gpu');
    expect(outcome(machine([exampleGpu], driver(12070)))).toBe('DRIVER_TOO_OLD');
  });

  it('asks for a newer driver in whole words where the version is not known', () => {
    const device = selectDevice(machine([exampleGpu], { driver: known({ version: null, cudaVersion: 11080 }) }));
    expect(device.kind === 'cpu' && wordsOf(device.reason).message).toBe(
      'Your NVIDIA driver is too old for Refit’s engines.',
    );
  });
});

describe('every refusal says what happened and what to do, without jargon', () => {
  const one = (change: Partial<Machine>) => selectDevice(machine([exampleGpu], change));
  const small = gpu('NVIDIA T400', '7.5', 1);
  const refusals = [
    one({ driver: unknown('') }),
    one({ gpus: unknown('') }),
    one({ gpus: known([gpu('NVIDIA GeForce GTX 1080', '6.1', 8)]) }),
    one({ gpus: known([gpu('Orin', '8.7', 32)]) }),
    one({ driver: known({ version: '528.49', cudaVersion: 12000 }) }),
    one({ runtime: unknown('') }),
    one({ parser: unknown('') }),
    pick(small),
    pick(exampleGpu, []),
    selectEngine(exampleGpu, 'tensorrt-rtx 1.7.1', card, { version: 1, engines: everyEngine }),
  ].map((refusal) => {
    if (!('reason' in refusal)) throw new Error(`Expected a refusal but received ${refusal.kind}`);
    return refusal.reason;
  });

  it.each(refusals)('$code', (reason) => {
    const { message, remedy } = wordsOf(reason);
    expect(message).toMatch(/^[A-Z].*\.$/);
    expect(remedy).toMatch(/^[A-Z].*\.$/);
    expect(message).not.toMatch(/cuda|error|\bSM|compute capability|null|undefined|NaN/i);
  });

  it("says a card's memory as its box does, and how much is needed", () => {
    const choice = pick(gpu('NVIDIA GeForce GTX 1630', '7.5', 1));
    expect(choice.kind === 'none' && wordsOf(choice.reason).message).toBe(
      'NVIDIA GeForce GTX 1630 has 1 GB of memory; this needs 1.9 GB.',
    );
  });
});

describe('an engine', () => {
  const without = (...out: string[]) => everyEngine.filter((e) => !out.includes(`${e.target}/${e.profile}`));

  it("is of the GPU's own family before the portable one, wherever it stands in the catalog", () => {
    expect(brief(pick(exampleGpu, [...everyEngine].reverse()))).toBe('ada/tile-512');
  });

  it("is the portable one where the family's own is missing", () => {
    expect(brief(pick(exampleGpu, without('ada/tile-512', 'ada/tile-256')))).toBe('portable/tile-512');
  });

  it('is the portable one of a better profile before its own of a worse', () => {
    expect(brief(pick(exampleGpu, without('ada/tile-512')))).toBe('portable/tile-512');
  });

  it('is never the portable one on Turing', () => {
    const choice = pick(gpu('NVIDIA GeForce RTX 2060', '7.5', 6), without('turing/tile-512', 'turing/tile-256'));
    expect(brief(choice)).toBe('ENGINE_NONE');
  });

  it("follows the card's order of profiles, not their size", () => {
    const smallFirst = { ...card, profiles: [...card.profiles].reverse() };
    expect(brief(pick(exampleGpu, everyEngine, smallFirst))).toBe('ada/tile-256');
  });

  it('is of the next profile where the first has none', () => {
    expect(brief(pick(exampleGpu, without('ada/tile-512', 'portable/tile-512')))).toBe('ada/tile-256');
  });

  it('may need exactly the memory that there is', () => {
    expect(brief(pick({ ...exampleGpu, vramBytes: 2e9 }))).toBe('ada/tile-256');
    expect(brief(pick({ ...exampleGpu, vramBytes: 2e9 - 1 }))).toBe('GPU_TOO_SMALL');
  });

  it('that is too large is told with the smallest need of all', () => {
    const choice = pick({ ...exampleGpu, vramBytes: 1e9 });
    expect(choice.kind === 'none' && wordsOf(choice.reason).message).toContain('needs 1.9 GB');
  });

  it('is never of another model', () => {
    expect(
      brief(
        pick(
          exampleGpu,
          everyEngine.map((e) => ({ ...e, model: 'fast-x4' })),
        ),
      ),
    ).toBe('ENGINE_NONE');
  });

  it('is never of another runtime, and both are named', () => {
    const choice = selectEngine(exampleGpu, 'tensorrt-rtx 1.7.1', card, {
      version: 1,
      engines: everyEngine,
      kernels: [],
    });
    expect(brief(choice)).toBe('RUNTIME_MISMATCH');
    expect(choice.kind === 'none' && wordsOf(choice.reason).message).toMatch(
      /tensorrt-rtx 1\.7\.1 .*tensorrt-rtx 1\.6\.1/,
    );
  });

  it('of the right runtime is found among those of another', () => {
    const others = everyEngine.map((e) => ({ ...e, runtime: 'tensorrt 10.6.0' }));
    const choice = pick(exampleGpu, [...others, ...everyEngine]);
    expect(choice.kind === 'engine' && choice.choice.entry.runtime).toBe(runtime);
  });

  it('built from another ONNX is not used, and the detail says so', () => {
    const choice = pick(
      exampleGpu,
      everyEngine.map((e) => ({ ...e, onnxSha256: hash('9') })),
    );
    expect(brief(choice)).toBe('ENGINE_NONE');
    expect(choice.kind === 'none' && choice.reason.detail).toContain('another ONNX');
  });

  it("built from another ONNX gives way to the portable one built from the card's", () => {
    const stale = everyEngine.map((e) => (e.target === 'ada' ? { ...e, onnxSha256: hash('9') } : e));
    expect(brief(pick(exampleGpu, stale))).toBe('portable/tile-512');
  });

  it.each([
    ['8.9', 'Made for Ada, the generation of NVIDIA X.'],
    ['12.0', 'Made for every NVIDIA card since Ampere, NVIDIA X among them.'],
  ])('on %s says why it was chosen', (capability, why) => {
    const choice = pick(gpu('NVIDIA X', capability, 24));
    expect(choice.kind === 'engine' && whyChosen(choice.choice.entry.target, 'NVIDIA X')).toBe(why);
  });
});

describe('the candidates of a GPU', () => {
  const candidates = (of: Gpu, engines = everyEngine, from: ModelCard = card) =>
    selectCandidates(of, runtime, from, { version: 1, engines });
  const names = (of: Gpu, engines = everyEngine, from: ModelCard = card) =>
    candidates(of, engines, from).choices.map((choice) => nameOf(keyOf(choice)));
  const whole: ModelCard = { ...card, flow: { kind: 'whole', fit: 'stretch' } };

  it('are every profile × its family and portable × graph off and on, the likely best first', () => {
    expect(names(exampleGpu, [...everyEngine].reverse())).toEqual([
      'tile-512 ada',
      'tile-512 ada graph',
      'tile-512 portable',
      'tile-512 portable graph',
      'tile-256 ada',
      'tile-256 ada graph',
      'tile-256 portable',
      'tile-256 portable graph',
    ]);
  });

  it('are portable engines alone where no family serves the GPU: another one was seen to hang', () => {
    const { choices, refused } = candidates(gpu('NVIDIA H100 80GB HBM3', '9.0', 80));
    expect(new Set(choices.map(({ entry }) => entry.target))).toEqual(new Set(['portable']));
    expect(refused.map(({ entry }) => entry.target).sort()).toEqual([
      'ada',
      'ada',
      'ampere',
      'ampere',
      'turing',
      'turing',
    ]);
  });

  it('of a GPU that does not exist yet are the portable ones', () => {
    expect(names(gpu('NVIDIA X', '13.0', 24))).toEqual([
      'tile-512 portable',
      'tile-512 portable graph',
      'tile-256 portable',
      'tile-256 portable graph',
    ]);
  });

  it('of a GPU that is too old are none', () => {
    expect(names(gpu('NVIDIA GeForce GTX 1080', '6.1', 8))).toEqual([]);
  });

  it('begin with what the card says of CUDA graphs', () => {
    expect(names(exampleGpu, everyEngine, { ...card, cudaGraph: true })[0]).toBe('tile-512 ada graph');
  });

  it('leave out the profiles that are larger than the memory', () => {
    expect(names({ ...exampleGpu, vramBytes: 2e9 })[0]).toBe('tile-256 ada');
  });

  it('of a whole tool are of one profile, since another gives another result', () => {
    expect(names(exampleGpu, everyEngine, whole)).toEqual([
      'tile-512 ada',
      'tile-512 ada graph',
      'tile-512 portable',
      'tile-512 portable graph',
    ]);
  });

  it('and the refused ones are together the whole catalog of the model', () => {
    const { choices, refused } = candidates({ ...exampleGpu, vramBytes: 2e9 });
    expect(new Set(choices.map(({ entry }) => entry)).size + refused.length).toBe(everyEngine.length);
  });

  it.each([
    [
      'another family',
      exampleGpu,
      everyEngine,
      card,
      'Made for Turing cards; NVIDIA GeForce RTX 4070 is none of them.',
    ],
    [
      'too little memory',
      { ...exampleGpu, vramBytes: 2e9 },
      everyEngine.filter(({ target }) => target === 'ada'),
      card,
      'NVIDIA GeForce RTX 4070 has 1.9 GB of memory; this needs 5.6 GB.',
    ],
    [
      'another ONNX',
      exampleGpu,
      everyEngine.map((e) => ({ ...e, onnxSha256: hash('9') })),
      card,
      'Its engines were built from another ONNX file.',
    ],
    [
      'another runtime',
      exampleGpu,
      everyEngine.map((e) => ({ ...e, runtime: 'tensorrt 10.6.0' })),
      card,
      'Made for tensorrt 10.6.0; tensorrt-rtx 1.6.1 is here.',
    ],
    [
      'a profile that went',
      exampleGpu,
      everyEngine.map((e) => ({ ...e, profile: 'tile-64' })),
      card,
      'Photo ×4 has no profile tile-64.',
    ],
  ] as const)('refuse for %s in plain words', (_name, of, engines, from, words) => {
    const { refused } = candidates(of, [...engines], from);
    expect(refused.map((refusal) => whyRefused(refusal, of, from))).toContain(words);
  });
});

it('serves no compute capability with both the Turing and the portable engine', () => {
  for (let sm = 0; sm < 200; sm++) {
    const served = targetsFor({ major: Math.floor(sm / 10), minor: sm % 10 });
    expect(served.includes('turing') && served.includes('portable')).toBe(false);
    expect(served.length > 0).toBe(sm === 75 || (sm >= 80 && ![87, 101, 110].includes(sm)));
  }
});

describe('with engines of two libraries side by side', () => {
  const newer = 'tensorrt-rtx 1.7.1';
  const both = [...everyEngine, ...everyEngine.map((entry) => ({ ...entry, runtime: newer }))];
  const hopper = gpu('NVIDIA H100', '9.0', 80);
  const chosen = (gpus: Gpu[], engines = both, wanted: string | null = null) =>
    selectRuntime(machine(gpus), [card], { version: 1, engines }, wanted);

  it.each([
    ['the newer one on a card that both serve', [exampleGpu], both, newer],
    ['the older one on a card that the newer one refuses', [hopper], both, runtime],
    ['the only one that the catalog names', [exampleGpu], everyEngine, runtime],
    ['the newer one where nothing is known of the card', [], both, newer],
    [
      'the one that has engines for the card',
      [exampleGpu],
      [...everyEngine, { ...exampleEntry, target: 'turing' as const, runtime: newer }],
      runtime,
    ],
  ])('loads %s', (_, gpus, engines, expected) => {
    expect(chosen(gpus, engines)).toBe(expected);
  });

  it('loads the one for the card that the person wants', () => {
    const two = [
      { ...hopper, uuid: 'GPU-hopper' },
      { ...exampleGpu, index: 1, uuid: 'GPU-ada' },
    ];
    expect([chosen(two, both, 'GPU-hopper'), chosen(two, both, 'GPU-ada')]).toEqual([runtime, newer]);
  });

  it("takes a model's engines of the library that is loaded, and no other", () => {
    const { choices, refused } = selectCandidates(exampleGpu, newer, card, { version: 1, engines: both });
    expect(new Set(choices.map(({ entry }) => entry.runtime))).toEqual(new Set([newer]));
    expect(
      refused.filter(({ entry }) => entry.runtime === runtime).every(({ reason }) => reason.kind === 'runtime'),
    ).toBe(true);
  });

  it('tells why engines of the newer library are refused on 9.0', () => {
    const { refused } = selectCandidates(hopper, runtime, card, { version: 1, engines: both });
    const words = refused.filter(({ entry }) => entry.runtime === newer).map((each) => whyRefused(each, hopper, card));
    expect(new Set(words)).toEqual(new Set(['Made for TensorRT-RTX 1.7.1, which does not run on NVIDIA H100.']));
  });

  it('goes to the processor, in words, where the newer library alone is here and refuses the card', () => {
    const device = selectDevice(machine([hopper], { runtime: known(newer) }));
    expect(device.kind === 'cpu' && wordsOf(device.reason)).toEqual({
      message: 'This version of Refit does not run on NVIDIA H100.',
      remedy: 'The processor works instead. An earlier version of Refit may run on this card, and so may a newer one.',
    });
    expect(device.kind === 'cpu' && device.reason.detail).toBe(
      'tensorrt-rtx 1.7.1 does not run on compute capability 9.0',
    );
  });

  it('takes another card, which the newer library serves, rather than the processor', () => {
    const slower = { ...exampleGpu, index: 1, multiprocessors: 10 };
    expect(selectDevice(machine([hopper, slower], { runtime: known(newer) }))).toEqual({ kind: 'gpu', gpu: slower });
  });
});
