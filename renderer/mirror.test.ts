import { describe, expect, it } from 'vitest';
import { AppError, type ErrorReport } from '../app/errors';
import {
  type AppState,
  type Event,
  initialState,
  type Job,
  type NumberedEvent,
  next,
  type Snapshot,
} from '../app/states';
import { mirrorState } from './mirror';
import { setScreen, useScreen } from './store';

/** Stands for main: clones all that it sends, as between processes. Answers wait until the test lets them go. */
function pretendMain() {
  let current: Snapshot = { sequence: 0, state: initialState };
  let listener = (_: NumberedEvent): void => {};
  const answers: (() => void)[] = [];
  return {
    onEvent: (heard: typeof listener) => {
      listener = heard;
      return () => {};
    },
    getState: () => {
      const value = structuredClone(current);
      return new Promise<{ ok: true; value: Snapshot }>((resolve) => {
        answers.push(() => resolve({ ok: true, value }));
      });
    },
    asked: () => answers.length,
    answer: async () => {
      answers.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    },
    state: () => current.state,
    emit: (event: Event, { lost = false } = {}) => {
      current = { sequence: current.sequence + 1, state: next(current.state, event) };
      if (!lost) listener(structuredClone({ sequence: current.sequence, event }));
    },
  };
}

const reason = new AppError('SKIPPED_BY_USER', {}).toReport();
const ready: Event = { kind: 'ready', device: { kind: 'cpu', reason } };
const tile = (done: number): Event => {
  const job: Job = { kind: 'running', id: 1, model: 'photo-x4', device: 'cpu', done, total: 1000, elapsedMs: done };
  return { kind: 'job', job };
};

const started = async () => {
  const main = pretendMain();
  main.emit(ready, { lost: true });
  const states: AppState[] = [];
  const mirrored = mirrorState(
    main,
    (state) => states.push(state),
    () => {},
  );
  return { main, states, mirrored };
};

describe("the window's copy of the state", () => {
  it('leaves subscribers of setup alone through a thousand tiles', async () => {
    const main = pretendMain();
    main.emit(ready);
    const mirrored = mirrorState(
      main,
      (app) => setScreen({ app }),
      () => {},
    );
    await main.answer();
    await mirrored;
    const { setup } = useScreen.getState().app;
    let changes = 0;
    const stop = useScreen.subscribe(({ app }) => {
      if (app.setup !== setup) changes += 1;
    });
    for (let done = 1; done <= 1000; done++) main.emit(tile(done));
    stop();
    expect(useScreen.getState().app.job).toMatchObject({ done: 1000 });
    expect(changes).toBe(0);
  });

  it('applies events that came before the snapshot once, whether the snapshot has them or not', async () => {
    const { main, states, mirrored } = await started();
    main.emit(tile(1));
    main.emit(tile(2));
    await main.answer();
    await mirrored;
    expect(states.map(({ job }) => job.kind === 'running' && job.done)).toEqual([false, 1, 2]);
    expect(states.at(-1)).toEqual(main.state());
  });

  it('ignores an event that the snapshot has already', async () => {
    const main = pretendMain();
    main.emit(ready, { lost: true });
    main.emit(tile(3), { lost: true });
    let heard = (_: NumberedEvent): void => {};
    let shown: AppState | undefined;
    const mirrored = mirrorState(
      {
        getState: main.getState,
        onEvent: (listener) => {
          heard = listener;
          return () => {};
        },
      },
      (state) => {
        shown = state;
      },
      () => {},
    );
    await main.answer();
    await mirrored;
    heard({ sequence: 2, event: tile(2) });
    expect(shown).toEqual(main.state());
  });

  it('asks again where an event was lost', async () => {
    const { main, states, mirrored } = await started();
    await main.answer();
    await mirrored;
    main.emit(tile(1), { lost: true });
    main.emit(tile(2));
    main.emit(tile(3));
    expect(main.asked()).toBe(1);
    await main.answer();
    expect(states.at(-1)).toEqual(main.state());
  });

  it('begins at the number where a page before it ended', async () => {
    const { main, mirrored } = await started();
    await main.answer();
    await mirrored;
    main.emit(tile(1));
    const states: AppState[] = [];
    const reloaded = mirrorState(
      main,
      (state) => states.push(state),
      () => {},
    );
    await main.answer();
    await reloaded;
    main.emit(tile(2));
    expect(states.at(-1)).toEqual(main.state());
    expect(main.asked()).toBe(0);
  });

  it('says why it has no state, and asks again at the next event', async () => {
    const main = pretendMain();
    const error: ErrorReport = new AppError('BUSY', {}).toReport();
    const errors: ErrorReport[] = [];
    let refuse = true;
    let shown: AppState | undefined;
    await mirrorState(
      { ...main, getState: () => (refuse ? Promise.resolve({ ok: false, error }) : main.getState()) },
      (state) => {
        shown = state;
      },
      (told) => errors.push(told),
    );
    expect(errors).toEqual([error]);
    refuse = false;
    main.emit(tile(1));
    await main.answer();
    expect(shown).toEqual(main.state());
  });
});
