/* Hashes the files that somebody chooses, and fills digest, size and number of files into the form. Nothing is sent.
   The digest is that of importers/digests.py: of one file the SHA-256 of its bytes, of a folder that of its sorted
   lines "hex  relative/path". Web Crypto needs each file whole in memory, and works on HTTPS and localhost only. */
const LIMIT = 2e9; /* bytes */
const SHOWN = 50; /* files in the list */
const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
const encoder = new TextEncoder();

function sizeText(bytes) {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  const unitDisplay = power ? "short" : "long"; /* 4.2 MB, but 2 bytes */
  const options = { style: "unit", unit: UNITS[power], unitDisplay, maximumFractionDigits: 1 };
  return new Intl.NumberFormat("en", options).format(bytes / 1000 ** power);
}

async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function compareBytes(one, other) {
  const length = Math.min(one.length, other.length);
  for (let at = 0; at < length; at++) {
    if (one[at] !== other[at]) return one[at] - other[at];
  }
  return one.length - other.length;
}

/* The name of a file in its folder; the browser puts the folder's own name in front. */
function nameOf(file) {
  return file.webkitRelativePath ? file.webkitRelativePath.split("/").slice(1).join("/") : file.name;
}

async function digestOf(files, isFolder, hashed) {
  const lines = [];
  for (const [index, file] of files.entries()) {
    const hex = await sha256(await file.arrayBuffer());
    hashed(index, hex);
    if (!isFolder) return hex;
    lines.push(encoder.encode(`${hex}  ${nameOf(file)}\n`));
  }
  lines.sort(compareBytes);
  return sha256(await new Blob(lines).arrayBuffer());
}

function refusalOf(files) {
  const large = files.find((file) => file.size > LIMIT);
  if (large) return `${nameOf(large)} is too large to hash here (${sizeText(large.size)}). Use a command below.`;
  const broken = files.find((file) => nameOf(file).includes("\n"));
  return broken ? "A file has a line break in its name, which a folder's digest can't tell apart." : "";
}

function start(form) {
  const area = form.querySelector("[data-files]");
  const byHand = form.querySelector("[data-by-hand]");
  const status = area.querySelector("[data-status]");
  const list = area.querySelector("ul");
  const template = area.querySelector("template");
  let run = 0;
  let isBusy = false;

  function show(files) {
    const rows = files.slice(0, SHOWN).map((file) => {
      const row = template.content.cloneNode(true);
      row.querySelector("b").textContent = nameOf(file);
      row.querySelector("span").textContent = sizeText(file.size);
      return row;
    });
    list.replaceChildren(...rows);
    list.hidden = false;
  }

  function fill(values) {
    for (const [name, value] of Object.entries(values)) {
      form.elements[name].value = value;
    }
    form.elements.digest.dispatchEvent(new Event("change", { bubbles: true }));
  }

  async function hash(files, isFolder, mine) {
    const size = files.reduce((sum, file) => sum + file.size, 0);
    const amount = `${files.length.toLocaleString("en")} ${files.length === 1 ? "file" : "files"}, ${sizeText(size)}`;
    const hex = await digestOf(files, isFolder, (index, hashOfFile) => {
      if (run !== mine) throw new DOMException("Others were chosen.", "AbortError");
      status.textContent = `Hashing: ${index + 1} of ${amount}.`;
      const row = list.children[index];
      if (row) row.querySelector("code").textContent = `${hashOfFile.slice(0, 8)}…`;
    });
    if (run !== mine) return;
    fill({ digest: `sha256:${hex}`, size, file_count: files.length });
    status.textContent = `Hashed: ${amount}. sha256:${hex.slice(0, 8)}…`;
  }

  async function choose(input) {
    const files = [...input.files];
    if (!files.length) return;
    const mine = ++run;
    const isFolder = input.webkitdirectory || files.length > 1;
    show(files);
    fill({ digest: "", size: "", file_count: "" });
    const refusal = refusalOf(files);
    status.textContent = refusal || "Hashing.";
    if (refusal) byHand.open = true;
    isBusy = !refusal;
    if (isBusy) {
      try {
        await hash(files, isFolder, mine);
      } catch (error) {
        if (run === mine) {
          status.textContent = `The files can't be read (${error.name}). Choose them again, or use a command below.`;
          byHand.open = true;
        }
      }
    }
    if (run === mine) isBusy = false;
  }

  for (const input of area.querySelectorAll("input")) {
    input.addEventListener("change", () => choose(input));
  }
  form.addEventListener("submit", (event) => {
    if (!isBusy) return;
    event.preventDefault();
    status.textContent = "The files are still being hashed. Publish when that is done.";
  });
  area.hidden = false;
  byHand.open = Boolean(byHand.querySelector(".error"));
}

const form = document.querySelector("form[data-publish]");
if (form && globalThis.crypto?.subtle) start(form);
