<?php

// Nothing to see here.
http_response_code(404);
