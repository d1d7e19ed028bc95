import { useState } from 'react';
import { networksOf } from '../../app/tools';
import { jobWords } from '../../words/job';
import { cudaVersion, runtimeName, shortGpuName } from '../../words/numbers';
import { words } from '../../words/window';
import { deviceAtWork } from '../device';
import { ReadOut } from '../parts/ReadOut';
import { useQueuePanel } from '../queue/panel';
import { QueueBar, QueueStatus } from '../queue/QueueStatus';
import { isRunning, useQueue } from '../queue/store';
import { isFinished } from '../setup/progress';
import { shownJob, useDevices, useScreen } from '../store';
import { DeviceChoice } from './DeviceChoice';
import { StatusCard } from './StatusCard';
import styles from './status.module.css';
import { useTimeLeft } from './useTimeLeft';
import { WhyCard } from './WhyCard';
import { ZoomControls } from './ZoomControls';
import { contentSize } from './zoom';

/** The line that never lies: which device works, what it is doing, how large the picture is. */
export function StatusLine() {
  const job = useScreen((screen) => screen.app.job);
  const finishing = useScreen(({ busy }) => busy.kind === 'finishing' || busy.kind === 'comparing');
  const running = job.kind === 'running';
  const queueRuns = useQueue(isRunning);
  const aboutQueue = useQueuePanel();
  // What a person waits for: a picture that they work on themselves, else the queue.
  const forQueue = aboutQueue || (queueRuns && !running && !finishing);
  return (
    <section className={styles.status} aria-label={words.status.label} data-testid="status">
      {forQueue ? <QueueBar /> : (running || finishing) && <JobBar />}
      <DeviceState />
      {forQueue ? <QueueStatus /> : <JobState />}
      <PictureSize />
      <ZoomControls />
    </section>
  );
}

/** The device that the running job is on, else the one that the chosen tool gets; on the processor a button that says why. */
function DeviceState() {
  const [open, onOpen] = useState(false);
  const devices = useDevices();
  const job = useScreen((screen) => screen.app.job);
  const selected = useScreen((screen) => screen.selected);
  const models = useScreen((screen) => screen.models);
  const tool = job.kind === 'running' ? job.model : selected;
  const device = deviceAtWork(devices, tool === null ? [] : networksOf(models, tool), job);
  if (!device) return null;
  if (device.kind !== 'gpu')
    return <WhyCard {...{ device, open, onOpen }} tool={models.find(({ id }) => id === tool)?.name ?? ''} />;
  const { setup } = devices;
  const rows = setup.kind === 'ready' && setup.device.kind === 'gpu' ? setup.device.rows : [];
  const done = rows.filter(isFinished).length;
  const preparing = done < rows.length && words.status.preparing({ done, total: rows.length });
  const said = preparing || (job.kind !== 'running' && words.status.ready);
  const { gpu, driver, runtime } = device.facts;
  return (
    <StatusCard
      {...{ open, onOpen }}
      testId="device"
      look="plain"
      title={words.devices.title({ gpu: shortGpuName(gpu.name) })}
      trigger={
        <>
          <span className={styles.dot} data-busy={done < rows.length || undefined} />
          <span className={styles.gpu}>
            {shortGpuName(gpu.name)}
            <span className={styles.runtime}> · {runtimeName(runtime)}</span>
            {said && ` · ${said}`}
          </span>
        </>
      }
    >
      <p className="quiet">
        {words.devices.driver({
          runtime: runtimeName(runtime),
          driver: driver.version ?? words.setup.driverCuda({ version: cudaVersion(driver.cudaVersion) }),
        })}
      </p>
      <DeviceChoice />
    </StatusCard>
  );
}

/** What the job is doing: shown as it changes, read out where it is another state or a tenth further. */
function JobState() {
  const job = useScreen(shownJob);
  const models = useScreen((screen) => screen.models);
  const busy = useScreen((screen) => screen.busy);
  const left = useTimeLeft(job);
  const model = job.kind === 'idle' ? undefined : models.find(({ id }) => id === job.model);
  const tenth = job.kind === 'running' && job.total > 0 ? Math.floor((10 * job.done) / job.total) : 0;
  let said = jobWords(job, model, left) ?? '';
  if (busy.kind === 'opening') said = words.picture.opening({ name: busy.name });
  if (busy.kind === 'comparing') said = words.versions.comparing;
  return (
    <>
      <p className={`${styles.job} number`} data-testid="status-job">
        {said}
      </p>
      <ReadOut step={`${busy.kind} ${job.kind} ${tenth}`} text={said} />
    </>
  );
}

function JobBar() {
  const job = useScreen((screen) => screen.app.job);
  const whole = job.kind !== 'running' || job.total < 2;
  const share = job.kind === 'running' && job.total > 0 ? job.done / job.total : 0;
  return (
    <span
      className={styles.bar}
      role="progressbar"
      aria-label={words.status.progress}
      aria-valuenow={whole ? undefined : Math.round(share * 100)}
      data-whole={whole || undefined}
    >
      <span style={whole ? undefined : { transform: `scaleX(${share})` }} />
    </span>
  );
}

function PictureSize() {
  const picture = useScreen((screen) => screen.app.picture);
  const toWidth = useScreen((screen) => contentSize(screen)?.width);
  const toHeight = useScreen((screen) => contentSize(screen)?.height);
  if (!picture || toWidth === undefined || toHeight === undefined) return null;
  const { width, height } = picture;
  return (
    <p className={`${styles.size} number`} data-testid="picture-size">
      {toWidth === width
        ? words.status.size({ width, height })
        : words.status.sizeTo({ width, height, toWidth, toHeight })}
    </p>
  );
}
