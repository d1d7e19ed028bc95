import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  type Arguments,
  type Channel,
  commands,
  maxOutputSide,
  type Outcome,
  type RefitApi,
  type Results,
} from './contract';

const accepts = (channel: Channel, value: unknown): boolean => commands[channel].safeParse(value).success;

const job = { model: 'photo-x4', width: 3, height: 2, rgb: new Uint8Array(18) };
const picture = { suggestedName: 'cat ×4', format: 'png', bytes: Uint8Array.of(1, 2, 3) };
const channels = Object.keys(commands) as Channel[];
const silent = channels.filter((channel) => accepts(channel, undefined));

describe('commands without arguments', () => {
  it('are all but those that need some', () => {
    const needing = channels.filter((channel) => !silent.includes(channel));
    expect(needing.sort()).toEqual([
      'job:finish',
      'job:parts',
      'job:start',
      'picture:sample',
      'picture:save',
      'text:copy',
      'weights:choose',
      'weights:compare',
      'weights:list',
    ]);
  });

  it.each(silent)('%s refuses any argument', (channel) => {
    for (const value of [null, {}, [], 0, '', false, { length: 0 }]) expect(accepts(channel, value)).toBe(false);
  });
});

describe('job:start', () => {
  it('accepts a picture', () => {
    expect(accepts('job:start', job)).toBe(true);
  });

  it('accepts the longest side', () => {
    const rgb = new Uint8Array(maxOutputSide * 3);
    expect(accepts('job:start', { ...job, width: maxOutputSide, height: 1, rgb })).toBe(true);
  });

  it('accepts a view into a larger buffer, of which only the view counts', () => {
    expect(accepts('job:start', { ...job, rgb: new Uint8Array(64).subarray(8, 26) })).toBe(true);
    expect(accepts('job:start', { ...job, rgb: new Uint8Array(18).subarray(1) })).toBe(false);
  });

  it.each<[string, object]>([
    ['a byte too few', { rgb: new Uint8Array(17) }],
    ['a byte too many', { rgb: new Uint8Array(19) }],
    ['no bytes', { rgb: new Uint8Array(0) }],
    ['four bytes a pixel', { rgb: new Uint8Array(24) }],
    ['a plain array', { rgb: new Array(18).fill(0) }],
    ['an ArrayBuffer', { rgb: new ArrayBuffer(18) }],
    ['numbers of the right size', { rgb: new Uint16Array(9) }],
    ['an object that pretends to be bytes', { rgb: { byteLength: 18, length: 18 } }],
    ['an object with the prototype of bytes', { rgb: Object.create(Uint8Array.prototype) }],
    ['a side of 0', { width: 0, rgb: new Uint8Array(0) }],
    ['negative sides whose product fits', { width: -3, height: -2 }],
    ['half a pixel', { width: 1.5, height: 4 }],
    ['NaN', { width: Number.NaN }],
    ['infinity', { height: Number.POSITIVE_INFINITY }],
    ['a side too long', { width: maxOutputSide + 1, height: 1, rgb: new Uint8Array((maxOutputSide + 1) * 3) }],
    ['30,000 × 30,000', { width: 30_000, height: 30_000 }],
    ['sides whose product overflows 32 bits', { width: 65_536, height: 65_536, rgb: new Uint8Array(0) }],
    ['a number as text', { width: '3' }],
    ['a bigint', { width: 3n }],
    ['an extra key', { path: '/etc/passwd' }],
    ['a model that is no id', { model: 'Photo ×4' }],
    ['a model that is a path', { model: '../photo' }],
    ['no model', { model: undefined }],
  ])('refuses %s', (_, change) => {
    expect(accepts('job:start', { ...job, ...change })).toBe(false);
  });

  it.each([undefined, null, [], 'photo-x4', 7, () => job])('refuses %s instead of an object', (value) => {
    expect(accepts('job:start', value)).toBe(false);
  });

  it('says what was expected', () => {
    const result = commands['job:start'].safeParse({ ...job, rgb: new Uint8Array(17) });
    expect(result.error?.issues[0]?.message).toBe('Expected width × height × 3 bytes for rgb');
  });
});

describe('job:parts', () => {
  const { model: _, ...part } = job;
  const parts = { jobId: 1, model: 'lines', done: 0, total: 2, pictures: [part, part] };

  it('accepts pictures, or none', () => {
    expect(accepts('job:parts', parts)).toBe(true);
    expect(accepts('job:parts', { ...parts, pictures: [] })).toBe(true);
  });

  it.each<[string, object]>([
    ['a picture with a byte too few', { pictures: [part, { ...part, rgb: new Uint8Array(17) }] }],
    ['a picture with an extra key', { pictures: [{ ...part, path: '/' }] }],
    ['more pictures than fit into a message', { pictures: new Array(65).fill(part) }],
    ['fewer than none done', { done: -1 }],
    ['half a total', { total: 0.5 }],
    ['something like a list', { pictures: { length: 1, 0: part } }],
    ['a job that cannot be', { jobId: 0 }],
    ['half a job', { jobId: 1.5 }],
    ['a model that is a path', { model: '../lines' }],
    ['an extra key', { device: 'gpu' }],
  ])('refuses %s', (_, change) => {
    expect(accepts('job:parts', { ...parts, ...change })).toBe(false);
  });
});

describe('text:copy', () => {
  it('accepts text in any script, or none', () => {
    expect(accepts('text:copy', { text: 'Zoë\n猫' })).toBe(true);
    expect(accepts('text:copy', { text: '' })).toBe(true);
  });

  it.each([undefined, null, 7, ['a'], { text: 7 }, { text: 'a', html: '<b>' }, { text: 'a'.repeat(1_000_001) }])(
    'refuses %j',
    (value) => {
      expect(accepts('text:copy', value)).toBe(false);
    },
  );
});

describe('picture:sample', () => {
  it('accepts a model', () => {
    expect(accepts('picture:sample', { model: 'cut-out' })).toBe(true);
  });

  it.each([
    '__proto__',
    'constructor',
    'prototype.x',
    'toString',
    'hasOwnProperty',
    '..',
    'a/b',
    'a\\b',
    'a\n',
    ' a',
    '',
    'é',
    'a'.repeat(65),
    ['a'],
  ])('refuses %j as a model', (model) => {
    expect(accepts('picture:sample', { model })).toBe(false);
  });

  it('refuses an own __proto__ key', () => {
    expect(accepts('picture:sample', JSON.parse('{"model":"a","__proto__":{"admin":true}}'))).toBe(false);
  });

  it('refuses an own constructor key', () => {
    expect(accepts('picture:sample', { model: 'a', constructor: { prototype: {} } })).toBe(false);
  });

  it('gives a plain object, whatever the prototype of what came in', () => {
    const tricky = Object.assign(Object.create({ polluted: true }), { model: 'a' });
    const result = commands['picture:sample'].safeParse(tricky);
    if (result.success) expect('polluted' in result.data).toBe(false);
  });

  it('changes no shared prototype', () => {
    accepts('picture:sample', JSON.parse('{"model":"a","__proto__":{"polluted":true}}'));
    expect('polluted' in {}).toBe(false);
  });
});

describe('picture:save', () => {
  it.each(['png', 'jpeg', 'webp', 'txt'])('accepts %s', (format) => {
    expect(accepts('picture:save', { ...picture, format })).toBe(true);
  });

  it.each(['cat ×4', 'Zoë & 猫.v2', 'a\\b', 'a'.repeat(200)])('accepts the name %j', (suggestedName) => {
    expect(accepts('picture:save', { ...picture, suggestedName })).toBe(true);
  });

  it.each(['', 'a'.repeat(201), 7, null])('refuses the name %j', (suggestedName) => {
    expect(accepts('picture:save', { ...picture, suggestedName })).toBe(false);
  });

  it.each<[string, object]>([
    ['a format that it cannot write', { format: 'exe' }],
    ['a format in capitals', { format: 'PNG' }],
    ['no bytes', { bytes: undefined }],
    ['bytes as text', { bytes: 'AAAA' }],
    ['bytes as a Blob', { bytes: new Blob(['x']) }],
    ['a path of its own choice', { path: '/tmp/x.png' }],
  ])('refuses %s', (_, change) => {
    expect(accepts('picture:save', { ...picture, ...change })).toBe(false);
  });
});

describe('weights', () => {
  const version = 'a'.repeat(64);
  it('are chosen by the hash of a version', () => {
    expect(accepts('weights:choose', { model: 'photo-x4', version })).toBe(true);
    for (const wrong of ['../..', '', 'A'.repeat(64), `${version}/`, 7])
      expect(accepts('weights:choose', { model: 'photo-x4', version: wrong })).toBe(false);
  });

  it('are compared two at a time on a whole picture', () => {
    const comparison = { ...job, versions: [version, 'b'.repeat(64)] };
    expect(accepts('weights:compare', comparison)).toBe(true);
    expect(accepts('weights:compare', { ...comparison, versions: [version, version] })).toBe(false);
    expect(accepts('weights:compare', { ...comparison, versions: [version] })).toBe(false);
    expect(accepts('weights:compare', { ...comparison, rgb: new Uint8Array(17) })).toBe(false);
  });
});

describe('types', () => {
  /** Which named method of the preload serves which channel. */
  interface Methods {
    'state:get': 'getState';
    'models:list': 'listModels';
    'weights:list': 'listVersions';
    'weights:install': 'installWeights';
    'weights:choose': 'chooseVersion';
    'weights:compare': 'compareVersions';
    'setup:prepare': 'prepare';
    'setup:continue': 'goOn';
    'setup:retry': 'retry';
    'job:start': 'startJob';
    'job:parts': 'runParts';
    'job:finish': 'finishJob';
    'job:cancel': 'cancelJob';
    'tile:shown': 'tileShown';
    'picture:sample': 'sample';
    'picture:save': 'save';
    'text:copy': 'copyText';
    'picture:showInFolder': 'showInFolder';
    'app:restart': 'restart';
  }
  type Listeners = 'onState' | 'onTile' | 'onOutputs';
  /** Channels whose method promises something else than the channel's result. */
  type Unlike = {
    [C in Channel]: ReturnType<RefitApi[Methods[C]]> extends Promise<Outcome<infer R>>
      ? [R, Results[C]] extends [Results[C], R]
        ? never
        : C
      : C;
  }[Channel];

  it('give every command a result, and no result to anything else', () => {
    expectTypeOf<keyof Results>().toEqualTypeOf<Channel>();
  });

  it('give every command a method, and no command more than one', () => {
    expectTypeOf<keyof Methods>().toEqualTypeOf<Channel>();
    expectTypeOf<Methods[Channel] | Listeners>().toEqualTypeOf<keyof RefitApi>();
  });

  it("promise from each method its channel's result", () => {
    expectTypeOf<Unlike>().toEqualTypeOf<never>();
  });

  it("take in each method its channel's arguments", () => {
    expectTypeOf<Parameters<RefitApi['startJob']>>().toEqualTypeOf<[job: Arguments<'job:start'>]>();
    expectTypeOf<Parameters<RefitApi['runParts']>>().toEqualTypeOf<[parts: Arguments<'job:parts'>]>();
    expectTypeOf<Parameters<RefitApi['finishJob']>>().toEqualTypeOf<[jobId: Arguments<'job:finish'>['jobId']]>();
    expectTypeOf<Parameters<RefitApi['copyText']>>().toEqualTypeOf<[text: Arguments<'text:copy'>['text']]>();
    expectTypeOf<Parameters<RefitApi['save']>>().toEqualTypeOf<[picture: Arguments<'picture:save'>]>();
    expectTypeOf<Parameters<RefitApi['sample']>>().toEqualTypeOf<[model: Arguments<'picture:sample'>['model']]>();
    expectTypeOf<Parameters<RefitApi['prepare' | 'goOn' | 'retry' | 'cancelJob' | 'tileShown']>>().toEqualTypeOf<[]>();
  });
});
