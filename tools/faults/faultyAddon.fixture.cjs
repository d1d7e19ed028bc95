/**
 * The addon of `$REFIT_ADDON`, failing for real where a test says so (faultList.fixture.cjs), by means of native/faults: a fault
 * of the GPU breaks this process's context, a crash happens in native code. The app takes it for its addon, and knows nothing of it.
 */
const { called } = require('./faultList.fixture.cjs');

const addon = require(process.env.REFIT_ADDON ?? '');
const faults = require(process.env.REFIT_GPU_FAULTS ?? '');

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
  refit: (engine, weights, onProgress, gpu = 0, options) => {
    let how = called('refit', 0);
    const progress = (told) => {
      strike(how, gpu);
      how = undefined;
      onProgress?.(told);
    };
    return addon.refit(engine, weights, progress, gpu, options);
  },
  openSession: async (plan, options) => {
    const gpu = options?.device ?? 0;
    strike(called('open', 0), gpu);
    const session = await addon.openSession(plan, options);
    const { run } = session;
    const side = session.inputs[0].shape[1];
    const value = (...args) => {
      strike(called('run', side), gpu);
      return run.apply(session, args);
    };
    return Object.defineProperty(session, 'run', { value });
  },
};
