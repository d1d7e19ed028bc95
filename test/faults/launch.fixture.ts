/**
 * One launch of the app over a folder that others share, built by `buildEntry`: `launch.fixture.js <folder> <hostFile> <addonFile>`;
 * prints how it went.
 */
import { fakeApp } from './fakeGpu.fixture';

// In a function, since it runs as CommonJS.
void launch();

async function launch(): Promise<void> {
  const [folder = '', hostFile = '', addonFile = ''] = process.argv.slice(2);
  const app = await fakeApp(folder, hostFile, { laid: true, addon: { file: addonFile, env: {} } });
  await app.ready();
  const { setup } = app.store.get();
  const rows = setup.kind === 'ready' && setup.device.kind === 'gpu' ? setup.device.rows : [];
  const job = await app.run();
  console.log(JSON.stringify({ phases: rows.map(({ phase }) => phase), job: job.kind === 'done' && job.device }));
  await app.stop();
}
