import { describe, expect, expectTypeOf, it } from 'vitest';
import { maxScale } from './catalog';
import { type Arguments, type Channel, commands, type Outcome, type RefitApi, type Results } from './contract';
import { maxMetadataBytes } from './metadata';
import { maxSide, maxViewPixels } from './pictureLimits';

const accepts = (channel: Channel, value: unknown): boolean => commands[channel].safeParse(value).success;

const job = { model: 'photo-x4', picture: 1, format: 'png' };
const metadata = { texts: [], bitDepth: 8, colour: 'rgb', frames: 1, isDisplayP3: false, isSrgb: true, dropped: [] };
const created = { name: 'cat.png', width: 3, height: 2, alpha: false, displayP3: false, notes: [], metadata };
const picture = {
  suggestedName: 'cat ×4',
  format: 'png',
  quality: 90,
  width: 12,
  height: 8,
  keepMetadata: true,
  keepPlace: false,
};
const channels = Object.keys(commands) as Channel[];
const silent = channels.filter((channel) => accepts(channel, undefined));

describe('commands without arguments', () => {
  it('are all but those that need some', () => {
    const needing = channels.filter((channel) => !silent.includes(channel));
    expect(needing.sort()).toEqual([
      'answer:change',
      'app:leave',
      'device:choose',
      'job:expect',
      'job:finish',
      'job:parts',
      'job:start',
      'picture:create',
      'picture:cut',
      'picture:ready',
      'picture:rows',
      'picture:sample',
      'picture:save',
      'queue:choose',
      'queue:drop',
      'queue:dropRecipe',
      'queue:keepRecipe',
      'queue:look',
      'queue:move',
      'queue:output',
      'queue:remove',
      'queue:retry',
      'queue:set',
      'queue:skip',
      'queue:steps',
      'queue:thumbnail',
      'recent:add',
      'recent:open',
      'text:copy',
      'text:save',
      'tool:choose',
      'view',
      'weights:choose',
      'weights:compare',
      'weights:compared',
      'weights:list',
    ]);
  });

  it.each(silent)('%s refuses any argument', (channel) => {
    for (const value of [null, {}, [], 0, '', false, { length: 0 }]) expect(accepts(channel, value)).toBe(false);
  });
});

describe('device:choose', () => {
  const chosen = { gpu: 'GPU-1', upTo: 'webgpu' };

  it('accepts a card and what jobs may run on', () => {
    expect([chosen, { gpu: null, upTo: 'gpu' }].map((value) => accepts('device:choose', value))).toEqual([true, true]);
  });

  it.each<[string, object]>([
    ['a card without a name', { gpu: '' }],
    ['a card by its number', { gpu: 0 }],
    ['a name without end', { gpu: 'x'.repeat(101) }],
    ['no card', { gpu: undefined }],
    ['a device that there is not', { upTo: 'tpu' }],
    ['a maker that there is not', { maker: 'x' }],
    ['no device', { upTo: undefined }],
    ['an extra key', { path: '/etc/passwd' }],
  ])('refuses %s', (_, change) => {
    expect(accepts('device:choose', { ...chosen, ...change })).toBe(false);
  });
});

describe('job:start', () => {
  it('accepts a tool and the open picture', () => {
    expect(accepts('job:start', job)).toBe(true);
  });

  it.each<[string, object]>([
    ['a picture that cannot be', { picture: 0 }],
    ['half a picture', { picture: 1.5 }],
    ['a picture as text', { picture: '1' }],
    ['a bigint', { picture: 1n }],
    ['no picture', { picture: undefined }],
    ['pixels', { rgb: new Uint8Array(3) }],
    ['an extra key', { path: '/etc/passwd' }],
    ['a model that is no id', { model: 'Photo ×4' }],
    ['a model that is a path', { model: '../photo' }],
    ['no model', { model: undefined }],
    ['a format that there is not', { format: 'gif' }],
    ['no format', { format: undefined }],
  ])('refuses %s', (_, change) => {
    expect(accepts('job:start', { ...job, ...change })).toBe(false);
  });

  it.each([undefined, null, [], 'photo-x4', 7, () => job])('refuses %s instead of an object', (value) => {
    expect(accepts('job:start', value)).toBe(false);
  });
});

describe('picture:create', () => {
  it('accepts a picture', () => {
    expect(accepts('picture:create', created)).toBe(true);
  });

  it('accepts the longest side, and the most pixels', () => {
    expect(accepts('picture:create', { ...created, width: maxSide, height: 1 })).toBe(true);
    expect(accepts('picture:create', { ...created, width: 20_000, height: 10_000 })).toBe(true);
  });

  it.each<[string, object]>([
    ['a side of 0', { width: 0 }],
    ['negative sides whose product fits', { width: -3, height: -2 }],
    ['half a pixel', { width: 1.5, height: 4 }],
    ['NaN', { width: Number.NaN }],
    ['infinity', { height: Number.POSITIVE_INFINITY }],
    ['a side too long', { width: maxSide + 1, height: 1 }],
    ['a row of pixels too many', { width: 20_000, height: 10_001 }],
    ['sides whose product overflows 32 bits', { width: 65_535, height: 65_535 }],
    ['a number as text', { width: '3' }],
    ['no name', { name: '' }],
    ['a name without an end', { name: 'n'.repeat(1001) }],
    ['a book of notes', { notes: new Array(11).fill({ code: 'FIRST_FRAME' }) }],
    ['a sentence for a note', { notes: ['All is well.'] }],
    ['a note without an end', { notes: [{ code: 'PROFILE_NOT_SHOWN', profile: 'a'.repeat(301) }] }],
    ['an extra key', { path: '/etc/passwd' }],
    ['metadata that are none', { metadata: {} }],
    ['metadata of more than a file has', { metadata: { ...metadata, exif: new Uint8Array(maxMetadataBytes + 1) } }],
    ['metadata as text', { metadata: { ...metadata, icc: 'sRGB' } }],
    ['metadata with a key of its own', { metadata: { ...metadata, file: '/etc/passwd' } }],
  ])('refuses %s', (_, change) => {
    expect(accepts('picture:create', { ...created, ...change })).toBe(false);
  });
});

describe('picture:rows', () => {
  const rows = { id: 1, y: 0, rgb: new Uint8Array(9), alpha: null };

  it('accepts rows with alpha and without', () => {
    expect(accepts('picture:rows', rows)).toBe(true);
    expect(accepts('picture:rows', { ...rows, alpha: new Uint8Array(3) })).toBe(true);
  });

  it('takes a view into a larger buffer for what it shows', () => {
    const parsed = commands['picture:rows'].parse({ ...rows, rgb: new Uint8Array(64).subarray(8, 17) });
    expect(parsed.rgb.byteLength).toBe(9);
  });

  it.each<[string, object]>([
    ['a row before the first', { y: -1 }],
    ['half a row', { y: 0.5 }],
    ['a picture that cannot be', { id: 0 }],
    ['a plain array', { rgb: new Array(9).fill(0) }],
    ['an ArrayBuffer', { rgb: new ArrayBuffer(9) }],
    ['numbers of two bytes', { rgb: new Uint16Array(9) }],
    ['an object that pretends to be bytes', { rgb: { byteLength: 9, length: 9 } }],
    ['an object with the prototype of bytes', { rgb: Object.create(Uint8Array.prototype) }],
    ['no word on alpha', { alpha: undefined }],
    ['an extra key', { file: '/etc/passwd' }],
  ])('refuses %s', (_, change) => {
    expect(accepts('picture:rows', { ...rows, ...change })).toBe(false);
  });
});

describe('view', () => {
  const view = { layer: 'result', id: 1, region: { x: 0, y: 0, width: 4, height: 4 }, width: 2, height: 2 };

  it.each(['original', 'result', 'before'])('accepts a part of the layer %s', (layer) => {
    expect(accepts('view', { ...view, layer })).toBe(true);
  });

  it('accepts as many pixels as a screen shows, and not one more', () => {
    expect(accepts('view', { ...view, width: maxViewPixels, height: 1 })).toBe(true);
    expect(accepts('view', { ...view, width: 2048, height: maxViewPixels / 2048 + 1 })).toBe(false);
  });

  it.each<[string, object]>([
    ['a layer of no known name', { layer: '__proto__' }],
    ['a region of nothing', { region: { ...view.region, width: 0 } }],
    ['a region before the first pixel', { region: { ...view.region, x: -1 } }],
    ['half a pixel', { region: { ...view.region, y: 0.5 } }],
    ['a view of nothing', { width: 0 }],
    ['a view of half a pixel', { width: 1.5 }],
    ['an id that cannot be', { id: -1 }],
    ['an extra key', { file: '/etc/passwd' }],
  ])('refuses %s', (_, change) => {
    expect(accepts('view', { ...view, ...change })).toBe(false);
  });
});

describe('picture:cut', () => {
  const rectangle = { centre: { x: 5, y: 5 }, along: { x: 1, y: 0 }, length: 4, breadth: 2 };
  const cut = { id: 1, rectangle, width: 48, height: 12 };

  it('accepts a rectangle that lies beyond the border', () => {
    expect(accepts('picture:cut', cut)).toBe(true);
    expect(accepts('picture:cut', { ...cut, rectangle: { ...rectangle, centre: { x: -50, y: 9e5 } } })).toBe(true);
  });

  it.each<[string, object]>([
    ['a rectangle of nothing', { rectangle: { ...rectangle, length: 0 } }],
    ['a rectangle that is no number', { rectangle: { ...rectangle, breadth: Number.NaN } }],
    ['a rectangle without an end', { rectangle: { ...rectangle, length: Number.POSITIVE_INFINITY } }],
    ['a direction that is none', { rectangle: { ...rectangle, along: { x: 2, y: 0 } } }],
    ['more pixels than a view has', { width: 4096, height: 1025 }],
    ['an extra key', { layer: 'result' }],
  ])('refuses %s', (_, change) => {
    expect(accepts('picture:cut', { ...cut, ...change })).toBe(false);
  });
});

describe("a tool's answer", () => {
  const point = { x: 1, y: 2 };
  const region = { text: 'Zoë', confidence: 0.9, corners: [point, point, point, point] };
  const box = { x: -3, y: 4, width: 5, height: 6 };
  const hide = { kind: 'hide', boxes: [box], style: 'pixelate', strength: 'medium' };
  const finish = (answer: unknown) => accepts('job:finish', { jobId: 1, answer, note: null });

  it.each<[string, object]>([
    ['the picture as it is', { kind: 'same' }],
    ['a mask', { kind: 'alpha', width: 2, height: 3, bytes: new Uint8Array(6) }],
    ['parts to hide', hide],
    ['another picture', { kind: 'picture', width: 2, height: 1, bytes: new Uint8Array(6) }],
    ['text', { kind: 'text', regions: [region] }],
  ])('may be %s', (_, answer) => {
    expect(finish(answer)).toBe(true);
  });

  it.each<[string, object]>([
    ['a mask with a byte too few', { kind: 'alpha', width: 2, height: 3, bytes: new Uint8Array(5) }],
    ['a mask of plain numbers', { kind: 'alpha', width: 1, height: 1, bytes: [255] }],
    ['a mask larger than any network', { kind: 'alpha', width: 4097, height: 1, bytes: new Uint8Array(4097) }],
    ['a picture with a byte too many', { kind: 'picture', width: 2, height: 1, bytes: new Uint8Array(7) }],
    ['a box of nothing', { ...hide, boxes: [{ ...box, width: 0 }] }],
    ['a box that is no number', { ...hide, boxes: [{ ...box, x: Number.NaN }] }],
    ['a way to hide that there is not', { ...hide, style: 'swirl' }],
    ['more boxes than a crowd', { ...hide, boxes: new Array(10_001).fill(box) }],
    ['text of three corners', { kind: 'text', regions: [{ ...region, corners: [point, point, point] }] }],
    ['text surer than sure', { kind: 'text', regions: [{ ...region, confidence: 1.1 }] }],
    ['a kind of its own', { kind: 'file', file: '/etc/passwd' }],
  ])('may not be %s', (_, answer) => {
    expect(finish(answer)).toBe(false);
  });

  it('says what was expected', () => {
    const answer = { kind: 'alpha', width: 2, height: 3, bytes: new Uint8Array(5) };
    const result = commands['job:finish'].safeParse({ jobId: 1, answer, note: null });
    expect(result.error?.issues[0]?.message).toBe('Expected width × height bytes');
  });
});

describe('answer:change', () => {
  const stroke = { keep: true, radius: 3, points: [1, 2] };
  const cut = { kind: 'cut', base: 'found', ground: { kind: 'transparent' }, strokes: [stroke] };
  const change = (answer: unknown) => accepts('answer:change', { jobId: 1, answer });

  it.each<[string, object]>([
    ['other boxes', { kind: 'hide', boxes: [], style: 'solid', strength: 'light' }],
    ['a stroke', cut],
    ['all that is kept, on a colour', { ...cut, base: 'all', ground: { kind: 'colour', colour: '#09afaf' } }],
    ['as many strokes as there may be', { ...cut, strokes: new Array(1000).fill(stroke) }],
  ])('may be %s', (_, answer) => expect(change(answer)).toBe(true));

  it.each<[string, object]>([
    ['a mask of its own', { kind: 'alpha', width: 1, height: 1, bytes: new Uint8Array(1) }],
    ['a colour in other words', { ...cut, ground: { kind: 'colour', colour: 'url(x)' } }],
    ['a stroke of half a point', { ...cut, strokes: [{ ...stroke, points: [1, 2, 3] }] }],
    ['a stroke of no point', { ...cut, strokes: [{ ...stroke, points: [] }] }],
    ['a stroke to nowhere', { ...cut, strokes: [{ ...stroke, points: [1, Number.NaN] }] }],
    ['a brush of nothing', { ...cut, strokes: [{ ...stroke, radius: 0 }] }],
    ['a brush larger than any picture', { ...cut, strokes: [{ ...stroke, radius: 1e6 }] }],
    ['a stroke without end', { ...cut, strokes: [{ ...stroke, points: new Array(4002).fill(1) }] }],
    ['more strokes than there may be', { ...cut, strokes: new Array(1001).fill(stroke) }],
    [
      'more points than there may be',
      { ...cut, strokes: new Array(11).fill({ ...stroke, points: new Array(4000).fill(1) }) },
    ],
  ])('may not be %s', (_, answer) => expect(change(answer)).toBe(false));
});

describe('job:parts', () => {
  const part = { width: 3, height: 2, rgb: new Uint8Array(18) };
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

  it('refuses an object with a prototype of its own', () => {
    expect(accepts('picture:sample', Object.assign(Object.create({ polluted: true }), { model: 'a' }))).toBe(false);
  });

  it('changes no shared prototype', () => {
    accepts('picture:sample', JSON.parse('{"model":"a","__proto__":{"polluted":true}}'));
    expect('polluted' in {}).toBe(false);
  });
});

describe('picture:save', () => {
  it.each(['png', 'jpeg', 'webp'])('accepts %s', (format) => {
    expect(accepts('picture:save', { ...picture, format })).toBe(true);
  });

  it.each(['cat ×4', 'Zoë & 猫.v2', 'a\\b', 'a'.repeat(1000)])('accepts the name %j', (suggestedName) => {
    expect(accepts('picture:save', { ...picture, suggestedName })).toBe(true);
  });

  it.each(['', 'a'.repeat(1001), 7, null])('refuses the name %j', (suggestedName) => {
    expect(accepts('picture:save', { ...picture, suggestedName })).toBe(false);
  });

  it.each<[string, object]>([
    ['a format that it cannot write', { format: 'exe' }],
    ['a format in capitals', { format: 'PNG' }],
    ['text', { format: 'txt' }],
    ['no quality', { quality: undefined }],
    ['more than the best', { quality: 101 }],
    ['a picture of nothing', { width: 0 }],
    ['a picture larger than any result', { height: maxSide * maxScale + 1 }],
    ['more pixels than any result', { width: maxSide * maxScale, height: maxSide * maxScale }],
    ['bytes of its own', { bytes: new Uint8Array(3) }],
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

  it('are compared two at a time on the open picture', () => {
    const comparison = {
      model: job.model,
      picture: job.picture,
      versions: [version, 'b'.repeat(64)],
      note: { code: 'COMPARED', left: null, right: '2026-01-02T03:04:05.000Z' },
    };
    expect(accepts('weights:compare', comparison)).toBe(true);
    expect(accepts('weights:compare', { ...comparison, versions: [version, version] })).toBe(false);
    expect(accepts('weights:compare', { ...comparison, versions: [version] })).toBe(false);
    expect(accepts('weights:compare', { ...comparison, picture: 0 })).toBe(false);
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
    'weights:compared': 'showCompared';
    'setup:prepare': 'prepare';
    'setup:continue': 'continueSetup';
    'setup:retry': 'retry';
    'device:choose': 'chooseDevice';
    'tool:choose': 'chooseTool';
    'job:start': 'startJob';
    'job:expect': 'expectJob';
    'job:parts': 'runParts';
    'job:finish': 'finishJob';
    'answer:change': 'changeAnswer';
    'job:cancel': 'cancelJob';
    'picture:create': 'createPicture';
    'picture:rows': 'sendRows';
    'picture:ready': 'showPicture';
    view: 'view';
    'picture:cut': 'cut';
    'picture:sample': 'sample';
    'picture:save': 'save';
    'picture:cancelSave': 'cancelSave';
    'text:save': 'saveText';
    'text:copy': 'copyText';
    'picture:showInFolder': 'showInFolder';
    'result:use': 'useResult';
    'given:take': 'takeGiven';
    'given:open': 'openGiven';
    'recent:list': 'listRecent';
    'recent:add': 'addRecent';
    'recent:open': 'openRecent';
    'recent:clear': 'clearRecent';
    'queue:get': 'getQueue';
    'queue:choose': 'chooseForQueue';
    'queue:drop': 'addDropped';
    'queue:start': 'startQueue';
    'queue:pause': 'pauseQueue';
    'queue:remove': 'removeItems';
    'queue:retry': 'retryItems';
    'queue:skip': 'skipItems';
    'queue:move': 'moveItems';
    'queue:steps': 'setItemSteps';
    'queue:set': 'setQueue';
    'queue:keepRecipe': 'keepRecipe';
    'queue:dropRecipe': 'dropRecipe';
    'queue:output': 'chooseOutput';
    'queue:look': 'lookAtItem';
    'queue:looked': 'lookedAtItem';
    'queue:thumbnail': 'thumbnail';
    'queue:showFolder': 'showQueueFolder';
    'app:restart': 'restart';
    'app:leave': 'leave';
  }
  type Listeners = 'onEvent' | 'onChanged' | 'onSaving' | 'onOutputs' | 'onLeaving' | 'onGiven' | 'onQueue';
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
    expectTypeOf<Parameters<RefitApi['finishJob']>>().toEqualTypeOf<[finished: Arguments<'job:finish'>]>();
    expectTypeOf<Parameters<RefitApi['copyText']>>().toEqualTypeOf<[text: Arguments<'text:copy'>['text']]>();
    expectTypeOf<Parameters<RefitApi['save']>>().toEqualTypeOf<[picture: Arguments<'picture:save'>]>();
    expectTypeOf<Parameters<RefitApi['sample']>>().toEqualTypeOf<[model: Arguments<'picture:sample'>['model']]>();
    expectTypeOf<
      Parameters<RefitApi['prepare' | 'continueSetup' | 'retry' | 'cancelJob' | 'cancelSave']>
    >().toEqualTypeOf<[]>();
  });
});
