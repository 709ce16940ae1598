'use strict';
(() => {
  const rows = JSON.parse(document.getElementById('data').textContent);
  const keys = ['status', 'source', 'target', 'digest', 'sent', 'mounted', 'attempts', 'seconds'];
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  const step = 300;
  const body = document.querySelector('#items tbody');
  const [search, more, shown, reset] = ['search', 'more', 'shown', 'reset'].map((id) => document.getElementById(id));
  const statuses = new Set();
  // What is searched in a row, in small letters; made when it is first needed.
  const texts = [];
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

  const text = (item, place) => texts[place] ??= [item[1], item[2], item[3], item[8]].join(' ').toLowerCase();

  const choose = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    view = rows.filter((item, place) => (!statuses.size || statuses.has(item[0]))
      && (!words.length || words.every((word) => text(item, place).includes(word))));
    // Sorting is stable: what is equal stays in the order of the list.
    if (sorted !== null) view.sort(compare);
  };

  const chooseAnew = () => { choose(); limit = step; draw(); };

  const showPressed = () => {
    for (const chip of document.querySelectorAll('.chip')) {
      chip.setAttribute('aria-pressed', statuses.has(chip.dataset.status));
    }
  };

  const find = (words) => {
    search.value = words;
    chooseAnew();
    document.getElementById('items').scrollIntoView();
  };

  for (const head of document.querySelectorAll('#items th')) {
    head.querySelector('button').addEventListener('click', () => {
      const key = keys.indexOf(head.dataset.key);
      direction = sorted === key ? -direction : 1;
      sorted = key;
      for (const other of head.parentNode.cells) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', direction > 0 ? 'ascending' : 'descending');
      chooseAnew();
    });
  }
  document.addEventListener('click', (event) => {
    const chip = event.target.closest('.chip');
    if (chip) {
      if (!statuses.delete(chip.dataset.status)) statuses.add(chip.dataset.status);
      showPressed();
      chooseAnew();
    }
    // One click on a cause, a registry or a slow item shows the items it is about.
    const button = event.target.closest('[data-search]');
    if (button) find(button.dataset.search);
  });
  reset.addEventListener('click', () => {
    search.value = '';
    statuses.clear();
    showPressed();
    chooseAnew();
  });
  search.addEventListener('input', chooseAnew);
  more.addEventListener('click', () => { limit += step; draw(); });
  draw();

  // A page of a run that goes on: `transship batch --listen`.

  const link = document.getElementById('link');
  let isStale = false;

  const say = (kind, words) => {
    link.hidden = false;
    if (link.className === kind && link.textContent === words) return;
    link.className = kind;
    link.textContent = words;
  };

  // Puts new content into a part of the page, and leaves its reader where they were.
  const replace = (part, content) => {
    const places = () => [...part.querySelectorAll('.scroll')];
    const focusable = () => [...part.querySelectorAll('button, summary, [tabindex]')];
    const open = [...part.querySelectorAll('details')].map((one) => one.open);
    const scrolled = places().map((one) => one.scrollLeft);
    const focus = focusable().indexOf(document.activeElement);
    part.innerHTML = content;
    part.querySelectorAll('details').forEach((one, place) => { one.open = open[place] ?? false; });
    places().forEach((one, place) => { one.scrollLeft = scrolled[place] ?? 0; });
    if (focus >= 0) focusable()[focus]?.focus({ preventScroll: true });
  };

  const take = (state) => {
    for (const [name, content] of Object.entries(state.parts)) {
      const part = document.querySelector(`[data-part="${name}"]`);
      if (part) replace(part, content);
    }
    showPressed();
    for (const [place, item] of state.rows) {
      rows[place] = item;
      delete texts[place];
      isStale = true;
    }
    // Somebody who marks a text of the table wants to copy it.
    if (!isStale || !getSelection().isCollapsed) return;
    isStale = false;
    choose();
    draw();
  };

  const follow = (address) => {
    const events = new EventSource(address);
    let lostAt = null;
    say('waiting', 'Connecting to the run…');
    events.addEventListener('state', (event) => {
      const state = JSON.parse(event.data);
      take(state);
      document.title = state.title;
      lostAt = null;
      say('live', 'Live: this page follows the run.');
    });
    events.addEventListener('end', (event) => {
      events.close();
      document.body.classList.add('ended');
      say('ended', `The run has ended: ${JSON.parse(event.data).outcome}. This page changes no more.`);
    });
    events.addEventListener('reload', () => { events.close(); location.reload(); });
    events.addEventListener('error', () => {
      lostAt ??= new Date();
      say('lost', events.readyState === EventSource.CLOSED
        ? 'The connection to the run is lost: it may have ended. This page changes no more.'
        : `The connection to the run was lost at ${lostAt.toLocaleTimeString()}: trying again.`);
    });
  };

  if (document.body.dataset.live) follow(document.body.dataset.live);
})();
