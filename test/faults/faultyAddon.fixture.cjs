/**
 * The addon of `$REFIT_ADDON`, failing for real where a test says so (faultList.fixture.cjs), by means of test/addon/faults: a fault
 * of the GPU breaks this process's context, a crash happens in native code. The app takes it for its addon, and knows nothing of it.
 */
const { called } = require('./faultList.fixture.cjs');

const addon = require(process.env.REFIT_ADDON ?? '');
const faults = require(process.env.REFIT_GPU_FAULTS ?? '');

/** Tiles under way at once: as many are lost where one is struck. */
const tilesAtOnce = 4;

function strike(how, gpu) {
  switch (how) {
    case undefined:
      return;
    case 'segfault':
      return faults.segfault();
    case 'abort':
      return faults.abort();
    case 'killed':
      return process.kill(process.pid, 'SIGKILL');
    case 'CUDA':
      return console.log(`host ${process.pid}: ${faults.breakContext(gpu)}`);
    default:
      throw new Error(`no way to make ${how}`);
  }
}

module.exports = {
  ...addon,
  /** Struck at its first word of progress: the engine is loaded then, and weights are on their way. */
  refit: (engine, weights, options, onProgress) => {
    let how = called('refit', 0);
    const progress = (told) => {
      strike(how, options.device);
      how = undefined;
      onProgress?.(told);
    };
    return addon.refit(engine, weights, options, progress);
  },
  openSession: async (plan, options) => {
    const gpu = options?.device ?? 0;
    strike(called('open', 0), gpu);
    const session = await addon.openSession(plan, options);
    const { run, runTiles } = session;
    const side = session.inputs[0].shape[1];
    const count = () => strike(called('run', side), gpu);
    return Object.defineProperties(session, {
      run: {
        value: (...args) => {
          count();
          return run.apply(session, args);
        },
      },
      /** Some tiles at once, each counted as a run: those before are told, and lie in the result. */
      runTiles: {
        value: async (source, result, tiles, onDone) => {
          for (let at = 0; at < tiles.length; at += 8 * tilesAtOnce) {
            const some = tiles.slice(at, at + 8 * tilesAtOnce);
            for (let i = 0; i < some.length; i += 8) count();
            const told = (indices) => onDone(indices.map((i) => i + at / 8));
            if ((await runTiles.call(session, source, result, some, told)) === 'stopped') return 'stopped';
          }
          return 'done';
        },
      },
    });
  },
};
