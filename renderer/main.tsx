/** Starts the window: mirrors main's state, then draws. */
import { toolsOf } from '../app/tools';
import '@fontsource-variable/inter';
import './styles/tokens.css';
import './styles/base.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import type { ModelInfo, RefitApi } from '../app/contract';
import { App } from './App';
import { takeOutputs, tellChosen, tellExpected } from './job/run';
import { mirrorState } from './mirror';
import { ErrorBoundary } from './parts/ErrorBoundary';
import { openGiven } from './picture/open';
import { followQueue } from './queue/follow';
import { mirrorQueue } from './queue/mirror';
import { getQueueScreen } from './queue/store';
import { getScreen, setScreen, useScreen } from './store';
import { askBeforeLeaving } from './unsaved/ask';
import { tellChanges } from './view/changes';

declare global {
  interface Window {
    /** Put there by main/window/preload.ts. */
    refit: RefitApi;
  }
}

window.refit.onChanged(tellChanges);
window.refit.onSaving(({ share }) => {
  if (getScreen().saving.kind === 'saving') setScreen({ saving: { kind: 'saving', share } });
});
window.refit.onOutputs((outputs) => void takeOutputs(outputs));
tellChosen();
tellExpected();
askBeforeLeaving();

// Asked along with the state: main may still be reading both.
const asked = window.refit.listModels();
await mirrorState(
  window.refit,
  (app) => setScreen({ app }),
  (commandError) => setScreen({ commandError }),
);
const models = await asked;
await mirrorQueue(window.refit);
// A page that was loaded anew goes on with what is open.
const looked = await window.refit.lookedAtItem();
if (looked.ok) setScreen({ looked: looked.value });
if (models.ok) setScreen({ models: models.value, selected: firstTool(models.value) });
else setScreen({ commandError: models.error });
followQueue();
window.refit.onGiven(() => void openGiven());
// A picture that came with the start waits until the tools are there.
void openGiven();
useScreen.subscribe((now, before) => {
  if (now.app.setup.kind === 'ready' && before.app.setup.kind !== 'ready') void openGiven();
});

/** The tool that has made or makes the result, if the page was loaded anew; else that of the last queue, else the first. */
function firstTool(all: ModelInfo[]): string | null {
  const { job, result } = getScreen().app;
  const working = result?.model ?? (job.kind === 'idle' ? undefined : job.model);
  const last = getQueueScreen().queue.settings?.recipe.steps[0]?.model;
  const tools = toolsOf(all);
  return working ?? (tools.find(({ id }) => id === last) ?? tools[0])?.id ?? null;
}

const root = document.getElementById('root');
if (!root) throw new Error('Expected #root in index.html');
createRoot(root).render(
  <StrictMode>
    <ErrorBoundary>
      <App />
    </ErrorBoundary>
  </StrictMode>,
);
