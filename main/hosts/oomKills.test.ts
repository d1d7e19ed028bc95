import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../example.fixture';
import { oomKills } from './oomKills';

async function rootWith(files: Record<string, string>): Promise<string> {
  const root = await temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), text);
  }
  return root;
}

test.each([
  [
    'cgroup v2',
    3,
    {
      'proc/self/cgroup': '0::/app.slice/refit.scope\n',
      'sys/fs/cgroup/app.slice/refit.scope/memory.events':
        'low 0\nhigh 0\nmax 12\noom 4\noom_kill 3\noom_group_kill 1\n',
      'proc/vmstat': 'oom_kill 9\n',
    },
  ],
  [
    'cgroup v1, beside the others',
    2,
    {
      'proc/self/cgroup': '9:name=systemd:/\n5:cpu,memory:/small\n0::/\n',
      'sys/fs/cgroup/memory/small/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 2\n',
    },
  ],
  [
    'cgroup v1 in a container',
    1,
    { 'proc/self/cgroup': '4:memory:/docker/1\n', 'sys/fs/cgroup/memory/memory.oom_control': 'oom_kill 1\n' },
  ],
  ['the outermost group', 5, { 'proc/self/cgroup': '0::/\n', 'proc/vmstat': 'nr_free_pages 1\noom_kill 5\n' }],
  ['no Linux', 0, {}],
] as const)('counts what was ended for want of memory: %s', async (_, count, files) => {
  expect(oomKills(await rootWith(files))).toBe(count);
});
