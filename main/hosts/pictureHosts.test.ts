import { describe, expect, test } from 'vitest';
import type { Host } from './host';
import { createPictureHosts } from './pictureHosts';

/** Hosts that answer when the test says so. */
function bench(count: number, gaveUp: readonly number[] = [], running = 2) {
  const asked: string[] = [];
  const answers: (() => void)[] = [];
  const hosts = Array.from(
    { length: count },
    (_, i) =>
      ({
        isRunning: i < running,
        hasGivenUp: gaveUp.includes(i),
        call: (call: string) => {
          asked.push(`${call} ${i}`);
          return new Promise((resolve) => answers.push(() => resolve(i)));
        },
        tell: (call: string) => asked.push(`${call} ${i}`),
      }) as unknown as Host,
  );
  return { asked, answers, hosts: createPictureHosts(hosts) };
}
const encoding = (id: number) => ({ id }) as Parameters<Host['call']>[1] as never;

test('asks the first host, and another only while all before it are at work', async () => {
  const { asked, answers, hosts } = bench(3);
  const one = hosts.call('carry', {} as never);
  const two = hosts.call('cut', {} as never);
  answers[0]?.();
  await one;
  void hosts.call('cut', {} as never);
  answers[1]?.();
  await two;
  expect(asked).toEqual(['carry 0', 'cut 1', 'cut 0']);
});

test('leaves a host alone that gave up, as long as there is another', () => {
  const some = bench(2, [0]);
  void some.hosts.call('carry', {} as never);
  void some.hosts.call('carry', {} as never);
  expect(some.asked).toEqual(['carry 1', 'carry 1']);
  const all = bench(2, [0, 1]);
  void all.hosts.call('carry', {} as never);
  expect(all.asked).toEqual(['carry 0']);
});

test('stops an encoding at the host that does it', () => {
  const { asked, hosts } = bench(3);
  void hosts.call('encode', encoding(7));
  void hosts.call('encode', encoding(8));
  hosts.tell('cancelEncode', { id: 8 });
  hosts.tell('cancelEncode', { id: 9 });
  expect(asked).toEqual(['encode 0', 'encode 1', 'cancelEncode 1']);
});

test('asks the host that runs a tool’s code again, until it is ended', async () => {
  const { asked, answers, hosts } = bench(3);
  void hosts.call('carry', {} as never);
  const ask = hosts.call('finish', encoding(7));
  answers[1]?.();
  await ask;
  void hosts.call('cut', {} as never);
  void hosts.call('goOn', encoding(7));
  hosts.tell('endFinish', { id: 7 });
  expect(asked).toEqual(['carry 0', 'finish 1', 'cut 1', 'goOn 1', 'endFinish 1']);
});

describe('files that are no longer wanted', () => {
  const picture = { file: 'a', width: 1, height: 1, channels: 3 } as const;
  /** The second host looks at the file, since the first is at work. */
  const lookedAtBySecond = (count: number, running = 2) => {
    const made = bench(count, [], running);
    void made.hosts.call('finish', { id: 1, picture: { picture: { ...picture, file: 'b' } } } as never);
    void made.hosts.call('finish', { id: 2, picture: { picture } } as never);
    made.asked.length = 0;
    return made;
  };

  test('are closed by one call in each host that was told of one, and in the first', async () => {
    const { asked, answers, hosts } = lookedAtBySecond(3, 3);
    const gone = hosts.forget({ file: 'a' }, { file: 'b' });
    expect(asked).toEqual(['forget 0', 'forget 1']);
    for (const answer of answers) answer();
    await expect(gone).resolves.toBeUndefined();
  });

  test('are not those that a person’s picture is saved in', () => {
    const { asked, hosts } = bench(2);
    void hosts.call('carry', {} as never);
    void hosts.call('encode', { id: 1, task: { picture, file: '/out/cat.png' } } as never);
    void hosts.forget({ file: '/out/cat.png' });
    expect(asked).toEqual(['carry 0', 'encode 1', 'forget 0']);
  });

  test('are asked for once', () => {
    const { asked, hosts } = lookedAtBySecond(2);
    void hosts.forget({ file: 'a' });
    void hosts.forget({ file: 'a' });
    expect(asked).toEqual(['forget 0', 'forget 1', 'forget 0']);
  });

  test('are closed already where the host has ended', () => {
    const { asked, hosts } = lookedAtBySecond(2, 1);
    void hosts.forget({ file: 'a' });
    expect(asked).toEqual(['forget 0']);
  });

  test('are forgotten whatever a host says', async () => {
    const failing = { isRunning: true, hasGivenUp: false, call: () => Promise.reject(new Error('it died')) };
    const hosts = createPictureHosts([failing as unknown as Host]);
    await expect(hosts.forget({ file: 'a' })).resolves.toBeUndefined();
  });
});
