import { element, textElement } from './element.js';

/** @import { Task, Taskwire } from '../clients/js/taskwire.js' */

/** How often the list is read, in milliseconds. */
const INTERVAL = 2_000;

const LIMIT = 20;

/** The last tasks. Rows stay the same elements, so that the focus stays where it is. */
export class TaskList {
  #taskwire;
  #onTask;
  #body = element('tasks', HTMLTableSectionElement);
  #connection = element('connection', HTMLParagraphElement);
  /** @type {Map<string, HTMLTableRowElement>} */
  #rows = new Map();

  /**
   * @param {Taskwire} taskwire
   * @param {(task: Task) => void} onTask is told of each task that is read
   */
  constructor(taskwire, onTask) {
    this.#taskwire = taskwire;
    this.#onTask = onTask;
  }

  /** Reads it now and from time to time. */
  async keepReading() {
    if (!document.hidden) await this.read();
    setTimeout(() => void this.keepReading(), INTERVAL);
  }

  /** Reads it once. */
  async read() {
    try {
      const page = await this.#taskwire.request(`/v1/tasks?limit=${LIMIT}`);
      this.#show(/** @type {{ items: Task[] }} */ (page).items);
      this.#connection.textContent = '';
    } catch (error) {
      this.#connection.textContent = `The list may be old: ${/** @type {Error} */ (error).message}`;
    }
  }

  /** @param {Task[]} tasks */
  #show(tasks) {
    const rows = new Map(tasks.map((task) => [task.id, this.#rows.get(task.id) ?? newRow(task.id)]));
    for (const [id, row] of this.#rows) if (!rows.has(id)) row.remove();
    this.#rows = rows;
    for (const [index, task] of tasks.entries()) {
      const row = rows.get(task.id);
      if (!row) continue;
      fill(row, task);
      const there = this.#body.children[index] ?? null;
      if (there !== row) this.#body.insertBefore(row, there);
      this.#onTask(task);
    }
  }
}

/** @param {string} taskId */
function newRow(taskId) {
  const row = document.createElement('tr');
  const link = textElement('a', taskId);
  link.href = `#${taskId}`;
  row.insertCell().append(link);
  for (let cell = 1; cell < 7; cell++) row.insertCell();
  return row;
}

/**
 * @param {HTMLTableRowElement} row
 * @param {Task} task
 */
function fill(row, { type, status, attempt, progress, message, createdAt }) {
  const texts = [type, status, attempt, `${progress} %`, message, new Date(createdAt).toLocaleString()];
  for (const [index, text] of texts.entries()) {
    const cell = row.cells[index + 1];
    if (cell) cell.textContent = String(text);
  }
  if (row.cells[2]) row.cells[2].dataset.status = status;
}
