/** One launch of the app over a folder that others share: `tsx launch.fixture.ts <folder> <hostFile>`; prints how it went. */
import { fakeApp } from './fakeGpu.fixture';

const [folder = '', hostFile = ''] = process.argv.slice(2);
const app = await fakeApp(folder, hostFile, { laid: true });
await app.ready();
const { setup } = app.store.get();
const rows = setup.kind === 'ready' && setup.device.kind === 'gpu' ? setup.device.rows : [];
const job = await app.run();
console.log(JSON.stringify({ phases: rows.map(({ phase }) => phase), job: job.kind === 'done' && job.device }));
await app.stop();
