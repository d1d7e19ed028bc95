/** The card of the status line that offers other devices, on a machine without any: what is said, and that a choice is kept. */
import { expect, launch, test } from './app';
import { pictures } from './pictures';
import { chooseTool, openPicture, ready, run, stateOf } from './steps';

/** No driver of Vulkan, whatever this machine has. */
const noVulkan = { VK_DRIVER_FILES: '/no/driver.json', VK_ICD_FILENAMES: '/no/driver.json' };

test('says what WebGPU needs where there is no driver', async ({ userDataDir }) => {
  test.skip(process.platform !== 'linux', 'Vulkan is Linux’s');
  const refit = await launch({ userDataDir, env: noVulkan });
  await ready(refit);
  const { window } = refit;
  await chooseTool(refit, 'fast-x4');
  await openPicture(refit, await pictures['fast-x4']());
  await window.getByTestId('why').click();
  // Also where TensorRT would serve: the person asks for it.
  await window.getByTestId('device-webgpu').click();
  await expect(window.getByTestId('why-card')).toContainText('install the libvulkan1 package', {
    timeout: 60_000,
  });
  await refit.screenshots('devices-no-vulkan');
  await run(refit);
  expect((await stateOf(refit)).job).toMatchObject({ kind: 'done', device: 'cpu' });
  await refit.close();
});

test('keeps the device that a person chose', async ({ userDataDir }) => {
  const first = await launch({ userDataDir });
  await ready(first);
  await first.window.getByTestId('why').click();
  await first.window.getByTestId('device-cpu').click();
  await expect(first.window.getByTestId('why')).toHaveText('Processor');
  await first.close();

  const second = await launch({ userDataDir });
  await ready(second);
  await expect(second.window.getByTestId('why')).toHaveText('Processor');
  await second.window.getByTestId('why').click();
  await expect(second.window.getByTestId('device-cpu')).toBeChecked();
  await second.window.getByTestId('device-gpu').click();
  await expect(second.window.getByTestId('why')).not.toHaveText('Processor');
  await second.close();
});
