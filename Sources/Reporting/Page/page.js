'use strict';
(() => {
  const rows = JSON.parse(document.getElementById('data').textContent);
  const keys = ['status', 'source', 'target', 'digest', 'sent', 'mounted', 'attempts', 'seconds'];
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  const step = 300;
  const body = document.querySelector('#items tbody');
  const [search, more, shown, reset] = ['search', 'more', 'shown', 'reset'].map((id) => document.getElementById(id));
  const statuses = new Set();
  let view = rows;
  let limit = step;
  let sorted = null;
  let direction = 1;

  const bytes = (count) => {
    let unit = 0;
    while (count >= 1024 && unit < units.length - 1) { count /= 1024; unit += 1; }
    return unit ? count.toFixed(1) + ' ' + units[unit] : count + ' B';
  };

  const cell = (row, text, kind, name) => {
    const added = row.insertCell();
    added.textContent = text;
    added.className = kind;
    if (name) added.dataset.name = name;
    return added;
  };

  const addRow = (item) => {
    const row = body.insertRow();
    cell(row, item[0], 'status ' + item[0]);
    const source = cell(row, item[1], 'mono');
    for (const [text, kind] of [[item[8], 'why'], [item[9] && 'hint: ' + item[9], 'hint']]) {
      if (!text) continue;
      const line = document.createElement('span');
      line.className = kind;
      line.textContent = text;
      source.append(line);
    }
    cell(row, item[2], 'mono');
    const digest = cell(row, item[3] ? item[3].replace(/^sha256:/, '').slice(0, 12) : '–', 'mono digest');
    if (item[3]) digest.title = item[3];
    cell(row, bytes(item[4]), 'number', 'sent');
    cell(row, bytes(item[5]), 'number', 'mounted');
    cell(row, item[6], 'number', 'tries');
    cell(row, item[7].toFixed(1), 'number', 'seconds');
  };

  const draw = () => {
    body.replaceChildren();
    view.slice(0, limit).forEach(addRow);
    more.hidden = view.length <= limit;
    reset.hidden = view.length === rows.length;
    shown.textContent = view.length + ' of ' + rows.length;
  };

  const compare = (a, b) => {
    const [x, y] = [a[sorted] ?? '', b[sorted] ?? ''];
    return (typeof x === 'number' ? x - y : x < y ? -1 : x > y ? 1 : 0) * direction;
  };

  const choose = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    view = rows.filter((item) => {
      if (statuses.size && !statuses.has(item[0])) return false;
      if (!words.length) return true;
      const text = [item[1], item[2], item[3], item[8]].join(' ').toLowerCase();
      return words.every((word) => text.includes(word));
    });
    // Sorting is stable: what is equal stays in the order of the list.
    if (sorted !== null) view = [...view].sort(compare);
    limit = step;
    draw();
  };

  const press = (chip, isPressed) => {
    chip.setAttribute('aria-pressed', isPressed);
    if (isPressed) statuses.add(chip.dataset.status); else statuses.delete(chip.dataset.status);
  };

  for (const head of document.querySelectorAll('#items th')) {
    head.querySelector('button').addEventListener('click', () => {
      const key = keys.indexOf(head.dataset.key);
      direction = sorted === key ? -direction : 1;
      sorted = key;
      for (const other of head.parentNode.cells) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', direction > 0 ? 'ascending' : 'descending');
      choose();
    });
  }
  const chips = document.querySelectorAll('.chip');
  for (const chip of chips) {
    chip.addEventListener('click', () => { press(chip, !statuses.has(chip.dataset.status)); choose(); });
  }
  // One click on a cause, a registry or a slow item shows the items it is about.
  for (const button of document.querySelectorAll('[data-search]')) {
    button.addEventListener('click', () => {
      search.value = button.dataset.search;
      choose();
      document.getElementById('items').scrollIntoView();
    });
  }
  reset.addEventListener('click', () => {
    search.value = '';
    chips.forEach((chip) => press(chip, false));
    choose();
  });
  search.addEventListener('input', choose);
  more.addEventListener('click', () => { limit += step; draw(); });
  draw();
})();
