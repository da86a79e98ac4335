// Signing in, the person's name, light and dark.

import { byId, h, icon, iconButton } from "./dom.js";

// The session of this browser; asks for the password where there is one.
export async function signIn() {
  const session = await post({});
  if (session.ok) return session.data;
  return askPassword(session.data?.error);
}

async function post(body) {
  for (let wait = 300; ; wait = Math.min(wait * 2, 5000)) {
    try {
      const response = await fetch("/session", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      });
      if (response.status < 500) {
        const text = await response.text();
        return { ok: response.ok, status: response.status, data: response.headers.get("Content-Type")?.includes("json") ? JSON.parse(text) : { error: text } };
      }
    } catch {
      // The server is away; it will be back.
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

// Whether the session still holds, so that a page whose door was shut knows why.
export const stillIn = async () => (await post({})).ok;

function askPassword(first) {
  const form = byId("login");
  form.hidden = false;
  const field = h("input", { id: "password", type: "password", autocomplete: "current-password", required: true });
  const problem = h("p", { class: "problem", role: "alert", hidden: !first }, first ?? "");
  const button = h("button", { type: "submit", class: "button primary" }, "Come in");
  form.replaceChildren(
    h("div", { class: "login-card" }, h("h1", {}, "Chatelier"), h("label", { for: "password" }, "Password"), field, problem, button),
  );
  field.focus();
  return new Promise((resolve) => {
    form.onsubmit = async (event) => {
      event.preventDefault();
      button.disabled = true;
      const { ok, data } = await post({ password: field.value });
      button.disabled = false;
      if (ok) {
        form.hidden = true;
        resolve(data);
      } else {
        problem.textContent = data?.error || "That is not the password.";
        problem.hidden = false;
        field.select();
      }
    };
  });
}

export async function signOut() {
  await fetch("/session", { method: "DELETE" });
  location.reload();
}

export function setUpTheme() {
  const button = byId("switch-theme");
  const show = () => {
    const dark = window.theme.dark;
    const label = dark ? "Switch to light" : "Switch to dark";
    button.replaceChildren(icon(dark ? "sun" : "moon"));
    button.title = label;
    button.setAttribute("aria-label", label);
  };
  button.addEventListener("click", () => {
    window.theme.choice = window.theme.dark ? "light" : "dark";
    show();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
  addEventListener("theme", show);
  show();
}

export function setUpSettings(session, { renamed }) {
  const button = byId("open-settings");
  const label = () => {
    button.replaceChildren(h("span", { class: "avatar", "aria-hidden": "true" }, (session.name || "You").slice(0, 1).toUpperCase()), h("span", {}, session.name || "You"));
    button.title = "Name, appearance, keys";
  };
  label();
  button.addEventListener("click", () => {
    const name = h("input", { id: "your-name", type: "text", maxlength: 40, value: session.name, placeholder: "You", autocomplete: "nickname" });
    const choices = ["system", "light", "dark"].map((choice) => {
      const radio = h("input", { type: "radio", name: "theme", value: choice, checked: window.theme.choice === choice });
      radio.addEventListener("change", () => {
        window.theme.choice = choice;
        dispatchEvent(new Event("theme"));
      });
      return h("label", {}, radio, h("span", {}, choice[0].toUpperCase() + choice.slice(1)));
    });
    const keys = [
      ["Enter", "send"],
      ["Shift + Enter", "new line"],
      ["/", "commands; from anywhere, to the box"],
      ["↑", "edit your last message"],
      ["Alt + N", "new conversation"],
      ["Esc", "close, cancel"],
    ];
    const form = h(
      "form",
      { method: "dialog" },
      h("div", { class: "dialog-head" }, h("h2", {}, "Settings"), iconButton("close", "Close", () => dialog.close())),
      h("label", { for: "your-name" }, "Your name"),
      name,
      h("fieldset", { class: "choices" }, h("legend", {}, "Appearance"), ...choices),
      h("details", { class: "keys" }, h("summary", {}, "Keys"), h("dl", {}, ...keys.flatMap(([key, use]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, use)]))),
      h("div", { class: "row end" }, session.locked && h("button", { type: "button", class: "button plain", onclick: signOut }, "Sign out"), h("button", { class: "button primary" }, "Done")),
    );
    const dialog = h("dialog", { class: "small" }, form);
    dialog.addEventListener("close", async () => {
      dialog.remove();
      const wanted = name.value.trim();
      if (wanted === (session.name ?? "")) return;
      const { ok, data } = await post({ name: wanted });
      if (!ok) return;
      session.name = data.name;
      label();
      renamed();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
