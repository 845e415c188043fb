// Every page is whole without this: links and forms do the work, and these modules make it quicker.
import "./swap.js";
import "./upload.js";
import "./lightbox.js";
import "./theme.js";
import "./menu.js";
import "./draft.js";
