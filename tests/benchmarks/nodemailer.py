"""nodemailer's pool, the best peer: installed by npm into a throw-away folder, driven by one line of JSON."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.invoices import HTML, TEXT

VERSION = "10.6.1"

# Orders: {port, ca, connections, mails, raw_file | pdf_file, text, html}. Prints {seconds, cpu_us}.
SCRIPT = """
const fs = require("fs");
const nodemailer = require("nodemailer");
const order = JSON.parse(fs.readFileSync(0));
const pool = nodemailer.createTransport({
  pool: true, host: "localhost", port: order.port, secure: true, maxConnections: order.connections,
  maxMessages: Infinity, auth: { user: "rechnung@muster.example", pass: "abcdefghijklmnop" },
  tls: { ca: fs.readFileSync(order.ca) },
});
const envelope = { from: "rechnung@muster.example", to: ["kunde@example.com"] };
const raw = order.raw_file && fs.readFileSync(order.raw_file);
const pdf = order.pdf_file && fs.readFileSync(order.pdf_file);
const mail = (number) => raw ? { envelope, raw } : {
  from: envelope.from, to: envelope.to, subject: "Rechnung " + number,
  text: order.text, html: order.html,
  attachments: [{ filename: "rechnung.pdf", contentType: "application/pdf", content: pdf }],
};
async function send(count) {
  let next = 0;
  const lane = async () => { while (next < count) await pool.sendMail(mail(next++)); };
  await Promise.all(Array.from({ length: order.connections }, lane));
}
(async () => {
  await send(Math.max(20, order.connections));
  const cpu = process.cpuUsage(), begun = process.hrtime.bigint();
  await send(order.mails);
  const used = process.cpuUsage(cpu), seconds = Number(process.hrtime.bigint() - begun) / 1e9;
  console.log(JSON.stringify({ seconds, cpu_us: used.user + used.system }));
  pool.close();
})();
"""


@dataclass(frozen=True)
class Cost:
    """Of one mail: seconds on the clock, CPU in µs."""

    seconds: float
    cpu_us: float


class Nodemailer:
    """An installed nodemailer."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def install(cls, folder: Path) -> "Nodemailer | None":
        """Install it; ``None``, with a line that says why, where that cannot be done."""
        if shutil.which("npm") is None or shutil.which("node") is None:
            print("nodemailer: left out, npm is not installed")
            return None
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder)]
        done = subprocess.run([*command, f"nodemailer@{VERSION}"], capture_output=True, check=False)
        if done.returncode:
            print("nodemailer: left out, npm could not install it")
            return None
        (folder / "send.js").write_text(SCRIPT)
        return cls(folder)

    def send_raw(self, port: int, ca: Path, raw_file: Path, *, mails: int, connections: int = 1) -> Cost:
        """Submit ready mails from memory."""
        order = {"raw_file": str(raw_file), "mails": mails, "connections": connections}
        return self._run(port, ca, order)

    def compose_and_send(
        self, port: int, ca: Path, pdf_file: Path, *, mails: int, connections: int = 1
    ) -> Cost:
        """Compose each mail with its attachment from memory, and submit it."""
        invoice = {"pdf_file": str(pdf_file), "text": TEXT, "html": HTML}
        order = {**invoice, "mails": mails, "connections": connections}
        return self._run(port, ca, order)

    def _run(self, port: int, ca: Path, order: dict[str, object]) -> Cost:
        done = subprocess.run(
            ["node", "send.js"],
            cwd=self._folder,
            input=json.dumps({"port": port, "ca": str(ca), **order}),
            capture_output=True,
            text=True,
            check=True,
        )
        answer = json.loads(done.stdout)
        mails = int(str(order["mails"]))
        return Cost(answer["seconds"] / mails, answer["cpu_us"] / mails)
