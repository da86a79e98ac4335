// A page of ours inside the platform's clients ("Mini App"): who opened it, its colours, how it is closed.
// Events and the ways they are posted: https://core.telegram.org/api/web-events

const WEB = "https://web.telegram.org";
const told = new URLSearchParams(location.hash.slice(1)); // "" in a plain browser

export const proof = told.get("tgWebAppData") ?? "";
export const dark = isDark(told.get("tgWebAppThemeParams"));

export function open() {
  post("web_app_ready");
  post("web_app_expand");
  post("web_app_setup_swipe_behavior", { allow_vertical_swipe: false }); // a stroke downwards would close it
  post("web_app_setup_closing_behavior", { need_confirmation: true });
}

export function close() {
  post("web_app_setup_closing_behavior", { need_confirmation: false });
  post("web_app_close");
  if (!proof) window.close();
}

function post(eventType, eventData = {}) {
  if (!proof) return;
  if (window.TelegramWebviewProxy) window.TelegramWebviewProxy.postEvent(eventType, JSON.stringify(eventData));
  else if (window.parent !== window) window.parent.postMessage(JSON.stringify({ eventType, eventData }), WEB);
}

// By the client's own background: the system's choice may be another one.
function isDark(theme) {
  try {
    const [, red, green, blue] = /^#(..)(..)(..)$/.exec(JSON.parse(theme).bg_color).map((part) => parseInt(part, 16));
    return red * 0.299 + green * 0.587 + blue * 0.114 < 128;
  } catch {
    return undefined; // it was not told
  }
}
