import { TaskwireError } from '../clients/js/taskwire.js';
import { AskingTaskwire } from './asking-taskwire.js';
import { element } from './element.js';
import { io } from './socket.io.js';
import { TaskHistory } from './task-history.js';
import { TaskList } from './task-list.js';
import { TokenField } from './token-field.js';

const taskwire = new AskingTaskwire(new TokenField(), io);
const history = new TaskHistory(taskwire);
const list = new TaskList(taskwire, (task) => {
  history.notice(task);
});

const form = element('form', HTMLFormElement);
const type = element('type', HTMLInputElement);
const payload = element('payload', HTMLTextAreaElement);
const refusal = element('refusal', HTMLParagraphElement);

/** Submits what the form says: the payload as it was typed, so numbers of any size stay what they are. */
async function submit() {
  refusal.textContent = '';
  payload.ariaInvalid = 'false';
  try {
    const { id } = await taskwire.submit(payload.value, { type: type.value });
    location.hash = id;
    await list.read();
  } catch (error) {
    if (error instanceof SyntaxError) payload.ariaInvalid = 'true';
    refusal.textContent = explain(error);
  }
}

/** @param {unknown} error */
function explain(error) {
  if (error instanceof SyntaxError) return `The payload is not JSON: ${error.message}`;
  if (!(error instanceof TaskwireError)) return 'Taskwire cannot be reached.';
  return [error.message, ...error.errors.map(({ path, message }) => `${path}: ${message}`)].join(' ');
}

/** The address says which task is shown, so that it can be kept and sent. */
function showChosen() {
  const taskId = location.hash.slice(1);
  if (taskId) history.show(taskId);
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void submit();
});
addEventListener('hashchange', showChosen);
showChosen();
void list.keepReading();
