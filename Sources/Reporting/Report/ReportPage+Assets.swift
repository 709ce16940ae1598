extension ReportPage {
    static let style = """
        :root{--ink:#1c2024;--quiet:#60656d;--paper:#fff;--card:#f5f6f8;--line:#dfe2e6;--accent:#0b62d0;\
        --good:#146c36;--same:#4b5563;--bad:#b3261e;--warn:#8a5300;--warnpaper:#fff4e0}
        @media (prefers-color-scheme:dark){:root{--ink:#e7e9ec;--quiet:#9aa1ab;--paper:#15181c;--card:#1e2228;\
        --line:#333941;--accent:#7ab3ff;--good:#6fd08f;--same:#b4bcc8;--bad:#ff8a80;--warn:#ffc46b;--warnpaper:#332a17}}
        *{box-sizing:border-box}
        body{margin:0 auto;max-width:1500px;padding:1.5rem;background:var(--paper);color:var(--ink);\
        font:15px/1.45 system-ui,sans-serif}
        h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}header p{margin:.2rem 0}
        .quiet{color:var(--quiet)}.mono,td.mono{font-family:ui-monospace,monospace;font-size:.86em}
        .mono{overflow-wrap:anywhere}
        .notes{background:var(--warnpaper);border-left:4px solid var(--warn);padding:.5rem 1rem;margin:1rem 0}
        .notes p{margin:.2rem 0}
        .figures{display:flex;flex-wrap:wrap;gap:.6rem;margin:1.2rem 0}
        .figure{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.5rem .9rem;min-width:6rem}
        .figure b{display:block;font-size:1.3rem;font-variant-numeric:tabular-nums}.figure span{color:var(--quiet)}
        .copied b,.chip.copied,td.copied{color:var(--good)}.unchanged b,.chip.unchanged,td.unchanged,.kept b,.chip.kept,td.kept{color:var(--same)}
        .failed b,.missing b,.chip.failed,.chip.missing,td.failed,td.missing{color:var(--bad)}
        .unfinished b,.chip.unfinished,td.unfinished{color:var(--warn)}
        .scroll{overflow-x:auto}
        table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
        th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
        th{white-space:nowrap;color:var(--quiet);font-weight:600}
        #items th{cursor:pointer;position:sticky;top:0;background:var(--paper)}
        #items th[aria-sort=ascending]::after{content:" ▲"}#items th[aria-sort=descending]::after{content:" ▼"}
        #items th[data-key=source],#items th[data-key=target]{width:36%}#items td.digest{overflow-wrap:normal}
        td.number,th.number,th[data-key=sent],th[data-key=mounted],th[data-key=attempts],th[data-key=seconds]{text-align:right;\
        white-space:nowrap}
        #items td{overflow-wrap:anywhere}#items td.status{font-weight:600;white-space:nowrap}
        .why{display:block;color:var(--bad);font-size:.9em}
        .tools{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center;margin:.5rem 0}
        input{flex:1 1 18rem;max-width:34rem;font:inherit;padding:.35rem .6rem;color:inherit;background:var(--card);\
        border:1px solid var(--line);border-radius:6px}
        button{font:inherit;padding:.3rem .7rem;margin-right:.3rem;color:var(--ink);background:var(--card);\
        border:1px solid var(--line);border-radius:6px;cursor:pointer}
        button[aria-pressed=true]{border-color:currentColor;box-shadow:inset 0 0 0 1px currentColor}
        :focus-visible{outline:2px solid var(--accent);outline-offset:1px}
        footer{margin-top:2rem}
        @media print{.tools,#more{display:none}}
        """

    static let script = """
        (() => {
          const rows = JSON.parse(document.getElementById('data').textContent);
          const keys = ['status', 'source', 'target', 'digest', 'sent', 'mounted', 'attempts', 'seconds'];
          const step = 300;
          const body = document.querySelector('#items tbody');
          const search = document.getElementById('search');
          const more = document.getElementById('more');
          const shown = document.getElementById('shown');
          const statuses = new Set();
          let view = rows, limit = step, sorted = null, direction = 1;
          const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
          const bytes = (count) => {
            let unit = 0;
            while (count >= 1024 && unit < 5) { count /= 1024; unit += 1; }
            return unit ? count.toFixed(1) + ' ' + units[unit] : count + ' B';
          };
          const cell = (row, text, kind) => {
            const cell = row.insertCell();
            cell.textContent = text;
            cell.className = kind;
            return cell;
          };
          const draw = () => {
            body.replaceChildren();
            for (const item of view.slice(0, limit)) {
              const row = body.insertRow();
              cell(row, item[0], 'status ' + item[0]);
              const source = cell(row, item[1], 'mono');
              if (item[8]) {
                const why = document.createElement('span');
                why.className = 'why';
                why.textContent = item[8];
                source.append(why);
              }
              cell(row, item[2], 'mono');
              const digest = cell(row, item[3] ? item[3].replace(/^sha256:/, '').slice(0, 12) : '–', 'mono digest');
              if (item[3]) digest.title = item[3];
              cell(row, bytes(item[4]), 'number');
              cell(row, bytes(item[5]), 'number');
              cell(row, item[6], 'number');
              cell(row, item[7].toFixed(1), 'number');
            }
            more.hidden = view.length <= limit;
            shown.textContent = view.length + ' of ' + rows.length;
          };
          const choose = () => {
            const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
            view = rows.filter((item) => {
              if (statuses.size && !statuses.has(item[0])) return false;
              const text = (item[1] + ' ' + item[2] + ' ' + (item[3] || '') + ' ' + (item[8] || '')).toLowerCase();
              return words.every((word) => text.includes(word));
            });
            if (sorted !== null) {
              view = view.map((item, place) => [item, place]).sort(([a, i], [b, j]) => {
                const [x, y] = [a[sorted] ?? '', b[sorted] ?? ''];
                const order = typeof x === 'number' ? x - y : x < y ? -1 : x > y ? 1 : 0;
                return order * direction || i - j;
              }).map(([item]) => item);
            }
            limit = step;
            draw();
          };
          for (const head of document.querySelectorAll('#items th')) {
            const sort = () => {
              const key = keys.indexOf(head.dataset.key);
              direction = sorted === key ? -direction : 1;
              sorted = key;
              for (const other of head.parentNode.cells) other.removeAttribute('aria-sort');
              head.setAttribute('aria-sort', direction > 0 ? 'ascending' : 'descending');
              choose();
            };
            head.addEventListener('click', sort);
            head.addEventListener('keydown', (event) => {
              if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); sort(); }
            });
          }
          for (const chip of document.querySelectorAll('.chip')) {
            chip.addEventListener('click', () => {
              const status = chip.dataset.status;
              if (!statuses.delete(status)) statuses.add(status);
              chip.setAttribute('aria-pressed', statuses.has(status));
              choose();
            });
          }
          search.addEventListener('input', choose);
          more.addEventListener('click', () => { limit += step; draw(); });
          draw();
        })();
        """
}
