/* What Refit asks of its Electron and Electron 22 does not have yet, put before the programs of the app made for the tests. */
if (typeof createImageBitmap === 'function') {
  // Its only way is what has been called 'from-image' since.
  const make = createImageBitmap;
  globalThis.createImageBitmap = (source, { imageOrientation, ...options } = {}) => make(source, options);
} else {
  const os = require('node:os');
  const { Readable } = require('node:stream');
  os.availableParallelism ??= () => Math.max(1, os.cpus().length);
  // Where it cannot be asked there is room.
  require('node:fs/promises').statfs ??= async () => ({ bavail: 2 ** 20, bsize: 2 ** 12, blocks: 2 ** 20 });
  globalThis.ReadableStream ??= require('node:stream/web').ReadableStream;
  globalThis.Response ??= class {
    constructor(body, { status = 200, headers = {} } = {}) {
      Object.assign(this, { body, status, headers });
    }
  };
  if (process.type === 'browser')
    require('electron').app.on('session-created', ({ protocol }) => {
      protocol.handle ??= (scheme, handler) =>
        protocol.registerStreamProtocol(scheme, async (request, answer) => {
          const { body, status, headers } = await handler(request);
          const data = Readable.from(body instanceof ReadableStream ? body : [Buffer.from(body)]);
          answer({ statusCode: status, headers, data });
        });
    });
}
